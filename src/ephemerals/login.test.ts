import { MeridianSession } from "../client/session";
import { OperatorStore } from "../operator/operator-store";
import { loginToken } from "./login";

const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

test("a cluster that the same run stopped does not fail the run: its token ends with its lease", async () => {
  const session = new MeridianSession({
    clusters: new Map([["dc-a", { apiAddress: "https://127.0.0.1:1", clusterAddress: undefined, caCertPem: null }]]),
    operator: new OperatorStore({ path: "/nonexistent/operator.json", explicit: true, ephemeralMachine: false }),
    credentials: { token: undefined, login: undefined, environmentToken: undefined },
    nowMs: () => 0,
  });
  const bytes = Buffer.from(JSON.stringify({ cluster: "dc-a", token: "hvs.secret-of-this-run", leaseSeconds: "60" }));
  const signal = new AbortController().signal;
  const diagnostics = await loginToken.close?.({ private: bytes, session, log, signal });
  expect(diagnostics?.map(({ severity }) => severity)).toEqual(["warning"]);
  expect(JSON.stringify(diagnostics)).toContain("dc-a");
  expect(JSON.stringify(diagnostics)).not.toContain("hvs.");
});
