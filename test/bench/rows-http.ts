import { ServerProcess } from "../support/server-process";
import { runLoad } from "./load";
import { withPeer } from "./peer-process";
import { judge, type Row } from "./row";

const ROUNDS = 5;
const ROUND_MILLISECONDS = 1500;
const CONNECTIONS = 32;

function get(path: string, token?: string): Buffer {
  const auth = token === undefined ? "" : `X-Vault-Token: ${token}\r\n`;
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${auth}Accept: application/json\r\n\r\n`);
}

async function rate(port: number, request: Buffer): Promise<number> {
  const load = await runLoad({
    port,
    request: () => request,
    connections: CONNECTIONS,
    durationMilliseconds: ROUND_MILLISECONDS,
  });
  if (load.failures > 0) throw new Error(`${load.failures} of ${load.requests} answers were not 2xx`);
  return load.requestsPerSecond;
}

/** Alternates the two so that the machine's own speed drifts under both alike. */
async function paired(first: () => Promise<number>, second: () => Promise<number>): Promise<[number[], number[]]> {
  const firsts: number[] = [];
  const seconds: number[] = [];
  await first();
  await second();
  for (let round = 0; round < ROUNDS; round += 1) {
    firsts.push(await first());
    seconds.push(await second());
  }
  return [firsts, seconds];
}

/** The codec with a fixed answer, against a bare node:http server sending the same bytes. */
export async function httpFloor(): Promise<Row[]> {
  const body = Buffer.from(JSON.stringify({ data: { value: "x".repeat(300) } })).toString("base64");
  return withPeer("http-floor-server", [body], (own) =>
    withPeer("peers", ["node-http", body], async (bare) => {
      const request = get("/v1/secret/data/app");
      const [values, limits] = await paired(
        () => rate(own, request),
        () => rate(bare, request),
      );
      return [judge("http floor", "requests/s", values, limits, { of: "ratio", relation: ">=", bound: 1.5 })];
    }),
  );
}

/** KV version 2 reads (token and policy checked), audit off and on, against node:http sending the same bytes. */
export async function kvReads(): Promise<Row[]> {
  const server = await ServerProcess.start();
  try {
    const { rootToken } = await server.initialize();
    const root = server.api.with(rootToken);
    await root.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    await root.must("POST", "secret/data/app", { data: { user: "app", password: "x".repeat(64) } });
    await root.must("PUT", "sys/policies/acl/app", { policy: 'path "secret/data/*" { capabilities = ["read"] }' });
    const created = await root.must("POST", "auth/token/create", { policies: ["app"], ttl: "1h" });
    const token = String((created.auth as { client_token: string }).client_token);
    const sample = await root.send("GET", "secret/data/app", undefined, { token });
    const bytes = Buffer.from(sample.text).toString("base64");
    const request = get("/v1/secret/data/app", token);
    return await withPeer("peers", ["node-http", bytes], async (bare) => {
      const measure = (): Promise<[number[], number[]]> =>
        paired(
          () => rate(server.port, request),
          () => rate(bare, request),
        );
      const [off, offLimit] = await measure();
      await root.must("PUT", "sys/audit/file", { type: "file", options: { file_path: `${server.folder}/audit.log` } });
      const [on, onLimit] = await measure();
      return [
        judge("kv v2 read, audit off", "requests/s", off, offLimit, { of: "ratio", relation: ">=", bound: 0.6 }),
        judge("kv v2 read, audit on", "requests/s", on, onLimit, { of: "ratio", relation: ">=", bound: 0.3 }),
      ];
    });
  } finally {
    await server.destroy();
  }
}
