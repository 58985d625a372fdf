import { ServerProcess } from "../support/server-process";
import { runLoad } from "./load";
import { processorMicroseconds, withPeer } from "./peer-process";
import { type Goal, judge, type Row } from "./row";

const ROUNDS = 15;
const ROUND_MILLISECONDS = 500;
const CONNECTIONS = 32;

function get(path: string, token?: string): Buffer {
  const auth = token === undefined ? "" : `X-Vault-Token: ${token}\r\n`;
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${auth}Accept: application/json\r\n\r\n`);
}

interface Server {
  readonly port: number;
  readonly pid: number;
}

interface Measured {
  readonly rates: number[];
  /** Processor time per request: what a machine with other work on it disturbs least. */
  readonly microseconds: number[];
}

async function measure({ port, pid }: Server, request: Buffer, into?: Measured): Promise<void> {
  const before = processorMicroseconds(pid);
  const load = await runLoad({
    port,
    request: () => request,
    connections: CONNECTIONS,
    durationMilliseconds: ROUND_MILLISECONDS,
  });
  if (load.failures > 0) throw new Error(`${load.failures} of ${load.requests} answers were not 2xx`);
  into?.rates.push(load.requestsPerSecond);
  into?.microseconds.push((processorMicroseconds(pid) - before) / load.requests);
}

/** Alternates the two so that the machine's own speed drifts under both alike. */
async function against(name: string, own: Server, bare: Server, request: Buffer, bound: number): Promise<Row[]> {
  const value: Measured = { rates: [], microseconds: [] };
  const limit: Measured = { rates: [], microseconds: [] };
  await measure(own, request);
  await measure(bare, request);
  for (let round = 0; round < ROUNDS; round += 1) {
    await measure(own, request, value);
    await measure(bare, request, limit);
  }
  const goal: Goal = { of: "ratio", relation: ">=", bound };
  return [
    judge(name, "requests/s", value.rates, limit.rates, goal),
    judge(`${name}: processor time`, "us", value.microseconds, limit.microseconds, undefined),
  ];
}

/** The codec with a fixed answer, against a bare node:http server sending the same bytes. */
export async function httpFloor(): Promise<Row[]> {
  const body = Buffer.from(JSON.stringify({ data: { value: "x".repeat(300) } })).toString("base64");
  return withPeer("http-floor-server", [body], (port, pid) =>
    withPeer("peers", ["node-http", body], (barePort, barePid) =>
      against("http floor", { port, pid }, { port: barePort, pid: barePid }, get("/v1/secret/data/app"), 1.5),
    ),
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
    return await withPeer("peers", ["node-http", bytes], async (port, pid) => {
      const bare = { port, pid };
      const off = await against("kv v2 read, audit off", server, bare, request, 0.6);
      await root.must("PUT", "sys/audit/file", { type: "file", options: { file_path: `${server.folder}/audit.log` } });
      return [...off, ...(await against("kv v2 read, audit on", server, bare, request, 0.3))];
    });
  } finally {
    await server.destroy();
  }
}
