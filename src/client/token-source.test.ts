import { OperatorStore } from "../operator/operator-store";
import { ClusterClient } from "./cluster-client";
import type { Send } from "./http";
import { ClusterTokens } from "./token-source";

const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const endpoint = { cluster: "dc-a", address: "https://127.0.0.1:1", caCertPem: undefined };
const credentials = {
  token: undefined,
  login: { method: "approle", mount: "approle", roleId: "role", secretId: "secret" },
  environmentToken: undefined,
} as const;

/** A server that forgot every token it issued before `valid`. */
class Server {
  logins = 0;
  readonly valid = new Set<string>();
  readonly send: Send = async ({ url, headers }) => {
    await new Promise((resolve) => setImmediate(resolve));
    if (url === "/v1/auth/approle/login") {
      this.logins += 1;
      const token = `token ${this.logins}`;
      this.valid.add(token);
      return { status: 200, text: JSON.stringify({ auth: { client_token: token, lease_duration: 3600 } }) };
    }
    const isValid = this.valid.has(headers["X-Vault-Token"] ?? "");
    return { status: isValid ? 200 : 403, text: isValid ? "{}" : '{"errors":["permission denied"]}' };
  };
}

test("operations side by side whose token the server forgot all get the new one, by one login", async () => {
  const server = new Server();
  const { signal } = new AbortController();
  const operator = new OperatorStore({ path: "/nonexistent", explicit: true, ephemeralMachine: false });
  const nobody = { token: async () => null, refused: () => false };
  const anonymous = () => new ClusterClient(endpoint, server.send, nobody, signal, log);
  const tokens = new ClusterTokens("dc-a", credentials, operator, anonymous, () => 0);
  const client = new ClusterClient(endpoint, server.send, tokens.source(), signal, log);
  await client.get("sys/mounts");
  server.valid.clear();
  const answers = await Promise.all(["a", "b", "c", "d"].map((name) => client.get(`sys/policies/acl/${name}`)));
  expect(answers.map((answer) => answer?.status)).toEqual([200, 200, 200, 200]);
  expect(server.logins).toBe(2);
});
