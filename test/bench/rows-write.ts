import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerProcess } from "../support/server-process";
import { runLoad } from "./load";
import { startScript } from "./peer-process";
import { judge, type Row } from "./row";

const ROUNDS = 5;
const ROUND_MILLISECONDS = 1500;

/**
 * Keys of one KV version 2 write, as the log writer commits them: the version, the metadata, the log entry and the index
 * leaves of the two data keys. The bare peer commits as many, each of the size of the largest.
 */
const KEYS_PER_WRITE = 5;
const VALUE_BYTES = 400;

const GOALS: Readonly<Record<number, number>> = { 1: 0.5, 8: 0.15, 64: 0.15 };

async function bareCommits(clients: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "meridian-bare-"));
  try {
    const { line } = await startScript("peers", [
      "lmdb",
      folder,
      String(clients),
      String(ROUND_MILLISECONDS),
      String(KEYS_PER_WRITE),
      String(VALUE_BYTES),
    ]);
    return Number(line);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function post(path: string, token: string, body: string): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Vault-Token: ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

async function durableWrites(port: number, token: string, clients: number): Promise<number> {
  const body = JSON.stringify({ data: { value: "x".repeat(300) } });
  const load = await runLoad({
    port,
    connections: clients,
    durationMilliseconds: ROUND_MILLISECONDS,
    request: (connection, sequence) => post(`/v1/secret/data/bench/${connection}/${sequence % 1000}`, token, body),
  });
  if (load.failures > 0) throw new Error(`${load.failures} of ${load.requests} writes were refused`);
  return load.requestsPerSecond;
}

/** Durable KV version 2 writes over HTTP with 1, 8 and 64 clients, against bare durable commits of the same keys. */
export async function kvWrites(): Promise<Row[]> {
  const server = await ServerProcess.start();
  try {
    const { rootToken } = await server.initialize();
    await server.api.with(rootToken).must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    const rows: Row[] = [];
    for (const clients of [1, 8, 64]) {
      const values: number[] = [];
      const limits: number[] = [];
      await durableWrites(server.port, rootToken, clients);
      for (let round = 0; round < ROUNDS; round += 1) {
        values.push(await durableWrites(server.port, rootToken, clients));
        limits.push(await bareCommits(clients));
      }
      const bound = GOALS[clients] ?? 0;
      rows.push(
        judge(`durable kv v2 write, ${clients} client${clients === 1 ? "" : "s"}`, "writes/s", values, limits, {
          of: "ratio",
          relation: ">=",
          bound,
        }),
      );
    }
    return rows;
  } finally {
    await server.destroy();
  }
}
