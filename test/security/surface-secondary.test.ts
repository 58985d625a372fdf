import type { Api } from "../support/api";
import { eventually, type Initialized, ServerProcess } from "../support/server-process";
import {
  answering,
  type Call,
  DENIED,
  declaredCalls,
  mountAll,
  OPEN,
  OPEN_WHILE_SEALED,
  SEALED,
} from "./surface-calls";

jest.setTimeout(60_000);

/** The surface on the secondaries of a set (advisories CVE-2021-3282, CVE-2021-27668): no role of a node opens more. */
let primary: ServerProcess;
let performance: ServerProcess;
let recovery: ServerProcess;
let root: Api;
let made: Initialized;
let calls: readonly Call[];

beforeAll(async () => {
  [primary, performance, recovery] = (await Promise.all(
    ["primary", "performance", "recovery"].map((name) => ServerProcess.start({ name })),
  )) as [ServerProcess, ServerProcess, ServerProcess];
  const described = await ServerProcess.start({ storage: "inmem" });
  calls = await declaredCalls(described).finally(() => described.destroy());
  made = await primary.initialize();
  root = primary.api.with(made.rootToken);
  await mountAll(root);
  await join(performance, "performance");
  await join(recovery, "dr");
}, 60_000);

afterAll(async () => {
  root?.close();
  await Promise.all([primary, performance, recovery].map((server) => server?.destroy()));
});

async function join(server: ServerProcess, mode: string): Promise<void> {
  await root.must("POST", `sys/replication/${mode}/primary/enable`, {});
  const { wrap_info } = await root.must("POST", `sys/replication/${mode}/primary/secondary-token`, { id: mode });
  const own = server.api.with((await server.initialize()).rootToken);
  const body = { token: wrap_info?.token, primary_api_addr: primary.api.address };
  await own.must("POST", `sys/replication/${mode}/secondary/enable`, body);
  own.close();
  await eventually(`the ${mode} secondary streams`, async () => {
    if ((await server.api.get("sys/seal-status")).body.sealed === true) await server.unseal(made.keys);
    const { data } = (await server.api.get(`sys/replication/${mode}/status`)).body;
    return data?.state === "stream-wals";
  });
}

test("a performance secondary opens what a primary opens", async () => {
  expect(await answering(performance, calls, DENIED)).toEqual([...OPEN].sort());
});

test("a token of the primary is no token of the secondary", async () => {
  const { auth } = await root.must("POST", "auth/token/create", { policies: ["default"] });
  const answer = await performance.api.get("auth/token/lookup-self", { token: String(auth?.client_token) });
  expect(answer.status).toBe(403);
});

test("a DR secondary says 472, and hands everything else to its primary, which opens what it opens", async () => {
  expect((await recovery.api.get("sys/health")).status).toBe(472);
  expect((await recovery.api.send("HEAD", "sys/health?drsecondarycode=299")).status).toBe(299);
  expect(await answering(recovery, calls, DENIED)).toEqual([...OPEN].sort());
});

test("promotion, demotion and re-pointing of a DR secondary need an operation token", async () => {
  for (const action of ["promote", "disable", "update-primary"]) {
    for (const body of [
      {},
      { dr_operation_token: "" },
      { dr_operation_token: "hvs.guessed" },
      { dr_operation_token: "hvb.AAAA" },
    ]) {
      for (const token of [undefined, "hvs.guessed"]) {
        const answer = await recovery.api.post(`sys/replication/dr/secondary/${action}`, body, { token });
        expect([action, body, answer.status >= 400 && answer.status < 500]).toEqual([action, body, true]);
      }
    }
  }
  expect((await recovery.api.get("sys/replication/dr/status")).body.data).toMatchObject({ mode: "secondary" });
});

test("without its primary a DR secondary refuses every client", async () => {
  await primary.stop("SIGKILL");
  const refusal = await eventually("the link is down", async () => {
    const answer = await recovery.api.get("secret/data/x", { token: made.rootToken });
    return answer.text.includes("path disabled in replication DR secondary mode") && answer;
  });
  // An operator can seal a DR secondary: this one asks for a token itself.
  expect((await recovery.api.post("sys/seal")).status).toBe(403);
  const open = await answering(recovery, calls, `${refusal.status} ${refusal.text.trim()}`);
  // So does the ceremony of root tokens, which says to whoever may hold it what there is instead.
  expect((await recovery.api.post("sys/generate-root/attempt")).status).toBe(403);
  const itsOwn = /sys\/(replication\/|generate-root|leader$|ha-status$|metrics$|seal$)/;
  expect(open.filter((call) => !OPEN_WHILE_SEALED.includes(call) && !itsOwn.test(call))).toEqual([]);
});

test("sealed, each of them opens what a sealed server opens", async () => {
  await recovery.stop("SIGTERM");
  await recovery.boot();
  expect(await answering(recovery, calls, SEALED)).toEqual([...OPEN_WHILE_SEALED].sort());
});
