import { readFileSync } from "node:fs";
import { ServerProcess } from "../support/server-process";
import { runLoad } from "./load";
import { judge, type Row } from "./row";

const STARTS = 7;
const SECRETS = 100_000;

/** `VmRSS`: all; `RssFile`: what of it are pages of files (the data file, programs), which the kernel takes back at will. */
function residentMegabytes(pid: number, field: "VmRSS" | "RssFile"): number {
  const line = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? Number.NaN) / 1024;
}

/** From exec to the first answer of sys/seal-status. */
export async function startup(): Promise<Row[]> {
  const times: number[] = [];
  for (let round = 0; round < STARTS; round += 1) {
    const started = performance.now();
    const server = await ServerProcess.start();
    times.push(performance.now() - started);
    await server.destroy();
  }
  return [judge("server ready", "ms", times, undefined, { of: "value", relation: "<=", bound: 400 })];
}

/** Resident memory of a fresh server and of one that holds 100,000 secrets. */
export async function memory(): Promise<Row[]> {
  const server = await ServerProcess.start();
  try {
    const { rootToken } = await server.initialize();
    const empty = residentMegabytes(server.pid, "VmRSS");
    await server.api.with(rootToken).must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    const body = JSON.stringify({ data: { value: "x".repeat(100) } });
    let written = 0;
    while (written < SECRETS) {
      const load = await runLoad({
        port: server.port,
        connections: 64,
        durationMilliseconds: 2000,
        request: () => {
          written += 1;
          const path = `/v1/secret/data/${Math.floor(written / 1000)}/${written % 1000}`;
          return Buffer.from(
            `POST ${path} HTTP/1.1\r\nHost: a\r\nX-Vault-Token: ${rootToken}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
          );
        },
      });
      if (load.failures > 0) throw new Error(`${load.failures} writes were refused`);
    }
    return [
      judge("resident memory, empty", "MB", [empty], undefined, { of: "value", relation: "<=", bound: 150 }),
      judge("resident memory, 100,000 secrets", "MB", [residentMegabytes(server.pid, "VmRSS")], undefined, undefined),
      judge("of it mapped files", "MB", [residentMegabytes(server.pid, "RssFile")], undefined, undefined),
    ];
  } finally {
    await server.destroy();
  }
}
