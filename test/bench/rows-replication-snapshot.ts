import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServerProcess } from "../support/server-process";
import { runLoad } from "./load";
import { startScript } from "./peer-process";
import { ReplicaSet, streams, tell } from "./replica-set";
import { type Goal, judge, type Row } from "./row";

const CONNECTIONS = 64;
const ROUNDS = 3;

interface Content {
  readonly valueBytes: number;
  readonly keys: number;
}

/** KV version 1 at `plain/`: one stored key for each write. Values as a client would send them, of random text. */
export async function fillPlain(primary: ServerProcess, token: string, { valueBytes, keys }: Content): Promise<void> {
  await primary.api.with(token).must("POST", "sys/mounts/plain", { type: "kv" });
  const body = JSON.stringify({ value: "x".repeat(Math.max(1, valueBytes - 14)) });
  const head = (path: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nX-Vault-Token: ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  let written = 0;
  while (written < keys) {
    const load = await runLoad({
      port: primary.port,
      connections: CONNECTIONS,
      durationMilliseconds: 500,
      request: () => {
        written += 1;
        return Buffer.from(head(`/v1/plain/${written % 100}/${written}`));
      },
    });
    if (load.failures > 0) throw new Error(`${load.failures} writes were refused`);
  }
}

/** Milliseconds that a plain copy of so many bytes takes over the same TLS. */
async function copyMilliseconds(bytes: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "meridian-copy-"));
  try {
    writeFileSync(join(folder, "from"), Buffer.alloc(bytes, 7));
    const { line, child } = await startScript("tls-copy", ["send", join(folder, "from")]);
    try {
      const [port = "", certificate = ""] = line.split(" ");
      return Number((await startScript("tls-copy", ["receive", port, certificate, join(folder, "to")])).line);
    } finally {
      child.kill("SIGKILL");
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Transfer {
  readonly milliseconds: number;
  readonly bytes: number;
  readonly keys: number;
}

/**
 * From the secondary's acceptance of its token to its first stream: bootstrap package, snapshot, activation, services opened
 * anew. The copy beside it moves as many bytes as the values have.
 */
async function transfer(content: Content): Promise<Transfer> {
  return ReplicaSet.with({ isDirect: true }, async (set) => {
    // First, so that none of the many connections that fill it takes the cluster port.
    await set.enable("performance");
    tell(`${content.keys} values of ${content.valueBytes} bytes are written`);
    await fillPlain(set.primary, set.rootToken, content);
    const secondary = await set.follow("performance", "bench");
    const started = performance.now();
    await streams(secondary, "performance");
    const milliseconds = performance.now() - started;
    return { milliseconds, bytes: content.keys * content.valueBytes, keys: content.keys };
  });
}

interface Round extends Transfer {
  /** What the copy of the same bytes took beside it. */
  readonly copied: number;
}

async function rounds(content: Content): Promise<readonly Round[]> {
  const found: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const transferred = await transfer(content);
    tell("the same bytes are copied");
    found.push({ ...transferred, copied: await copyMilliseconds(transferred.bytes) });
  }
  return found;
}

/** New secondaries: megabytes per second where values are large, keys per second where they are small. */
export async function replicationSnapshot(): Promise<Row[]> {
  const large = await rounds({ valueBytes: 4_096, keys: 40_000 });
  const small = await rounds({ valueBytes: 200, keys: 60_000 });
  const row = (name: string, unit: string, of: readonly Round[], amount: (round: Round) => number, goal?: Goal): Row =>
    judge(
      `snapshot, values of ${name}, against a file copy over TLS`,
      unit,
      of.map((round) => amount(round) / round.milliseconds),
      of.map((round) => amount(round) / round.copied),
      goal,
    );
  return [
    row("4 KiB", "MB/s", large, ({ bytes }) => bytes / 1_000, { of: "value", relation: ">=", bound: 100 }),
    row("200 bytes", "keys/s", small, ({ keys }) => keys * 1_000),
  ];
}
