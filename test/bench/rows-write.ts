import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerProcess } from "../support/server-process";
import { runLoad } from "./load";
import { startScript } from "./peer-process";
import { judge, type Row } from "./row";

const ROUNDS = 15;
const ROUND_MILLISECONDS = 800;
/** As long as the just-in-time compiler is at work, its threads compete with the commits for the processors. */
const WARM_UP_MILLISECONDS = 5000;

const GOALS: Readonly<Record<number, number>> = { 1: 0.5, 8: 0.15, 64: 0.15 };

async function bareCommits(folder: string, clients: number, round: number): Promise<number> {
  const { line } = await startScript("peers", [
    "lmdb",
    folder,
    String(clients),
    String(milliseconds(round)),
    String(round),
  ]);
  return Number(line);
}

function milliseconds(round: number): number {
  return round === 0 ? WARM_UP_MILLISECONDS : ROUND_MILLISECONDS;
}

function post(path: string, token: string, body: string): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Vault-Token: ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

async function durableWrites(port: number, token: string, clients: number, round: number): Promise<number> {
  const body = JSON.stringify({ data: { value: "x".repeat(300) } });
  const load = await runLoad({
    port,
    connections: clients,
    durationMilliseconds: milliseconds(round),
    request: (connection, sequence) => post(`/v1/secret/data/bench/${connection}/${sequence % 1000}`, token, body),
  });
  if (load.failures > 0) throw new Error(`${load.failures} of ${load.requests} writes were refused`);
  return load.requestsPerSecond;
}

/** One number of clients, ours and bare in turns; both go on with the data of their rounds before. */
async function measure(server: ServerProcess, token: string, clients: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "meridian-bare-"));
  try {
    const values: number[] = [];
    const limits: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const value = await durableWrites(server.port, token, clients, round);
      const limit = await bareCommits(folder, clients, round);
      // The first round warms both up.
      if (round === 0) continue;
      values.push(value);
      limits.push(limit);
    }
    const name = `durable kv v2 write, ${clients} client${clients === 1 ? "" : "s"}`;
    const bound = GOALS[clients] ?? 0;
    return judge(name, "writes/s", values, limits, { of: "ratio", relation: ">=", bound });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Durable KV version 2 writes over HTTP with 1, 8 and 64 clients, against bare durable commits of the same keys. */
export async function kvWrites(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const clients of [1, 8, 64]) {
    const server = await ServerProcess.start();
    try {
      const { rootToken } = await server.initialize();
      await server.api.with(rootToken).must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
      rows.push(await measure(server, rootToken, clients));
    } finally {
      await server.destroy();
    }
  }
  return rows;
}
