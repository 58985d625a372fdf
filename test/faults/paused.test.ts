import { readFileSync } from "node:fs";
import { eventually } from "../support/server-process";
import { quantile, writeInBulk } from "./bulk-writes";
import type { FaultCluster } from "./fault-cluster";
import { faultSeed, IS_LONG_RUN } from "./fault-run";
import { ReplicaPair } from "./replica-pair";

const VALUE_BYTES = 256 * 1024;
/** At least twice what the primary may grow by; its window for one secondary is 16 MiB. */
const WRITES = IS_LONG_RUN ? 2_000 : 640;
const GROWTH_BYTES_MAX = 80 * 1024 * 1024;
const LEASE_MILLISECONDS = 2_000;

const seed = faultSeed();
let pair: ReplicaPair;

/** Memory of its own: what the storage maps of its file is left out. */
function ownMemoryBytes(cluster: FaultCluster): number {
  const status = readFileSync(`/proc/${cluster.server.pid}/status`, "utf8");
  return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

interface Load {
  readonly medianMilliseconds: number;
  readonly memoryBytes: number;
}

async function load(): Promise<Load> {
  const value = "x".repeat(VALUE_BYTES);
  const times = await writeInBulk({
    cluster: pair.primary,
    token: pair.rootToken,
    count: WRITES,
    width: 4,
    path: (at) => `secret/data/load-${at % 10}`,
    body: () => ({ data: { v: value } }),
  });
  return { medianMilliseconds: quantile(times, 0.5), memoryBytes: ownMemoryBytes(pair.primary) };
}

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0);

describe("costs the primary neither memory nor latency", () => {
  beforeAll(
    async () => {
      // Alone with its secondary, the primary is told not to wait for its word.
      pair = await ReplicaPair.start({ mode: "dr", seed, replication: { fencing: "off" } });
      await load();
      await pair.settled();
    },
    IS_LONG_RUN ? 900_000 : 240_000,
  );

  afterAll(() => pair?.destroy());

  const absences: readonly {
    readonly name: string;
    begin(): Promise<void>;
    end(): Promise<void>;
  }[] = [
    {
      name: "a secondary that is paused",
      begin: () => Promise.resolve(pair.secondary.server.signal("SIGSTOP")),
      end: () => Promise.resolve(pair.secondary.server.signal("SIGCONT")),
    },
    {
      name: "a secondary that is gone",
      begin: async () => void (await pair.secondary.server.stop("SIGKILL")),
      end: () => pair.secondary.boot(),
    },
    {
      name: "a secondary behind a slow link",
      begin: () => pair.primary.proxy.set({ bytesPerSecond: 100_000, delayMilliseconds: 40 }),
      end: () => pair.primary.proxy.clear(),
    },
    {
      name: "a secondary that a black hole has swallowed",
      begin: () => pair.primary.proxy.set({ up: "held", down: "held", admission: "black-hole" }),
      end: () => pair.primary.proxy.clear(),
    },
  ];

  it.each(absences)(
    "$name, and it catches up by itself afterwards",
    async ({ name, begin, end }) => {
      // Measured anew each time: what the process keeps for its own sake is not the secondary's cost.
      const before = await load();
      await pair.settled(60_000);
      await begin();
      let during: Load;
      try {
        during = await load();
      } finally {
        await end();
      }
      await pair.settled(60_000);
      const growth = during.memoryBytes - before.memoryBytes;
      const ratio = during.medianMilliseconds / before.medianMilliseconds;
      const written = megabytes(WRITES * VALUE_BYTES);
      process.stdout.write(
        `${name}: ${megabytes(growth)} MB more after ${written} MB written, median latency x ${ratio.toFixed(2)}\n`,
      );
      expect(growth).toBeLessThan(GROWTH_BYTES_MAX);
      expect(ratio).toBeLessThan(2);
    },
    120_000,
  );
});

describe("a paused primary", () => {
  beforeAll(async () => {
    pair = await ReplicaPair.start({ mode: "dr", seed, replication: { fencing_lease: `${LEASE_MILLISECONDS}ms` } });
  }, 60_000);

  afterAll(() => pair?.destroy());

  it("acknowledges nothing when it wakes after its DR secondary was promoted", async () => {
    const { primary: old, secondary: next } = pair;
    const token = pair.rootToken;
    // Connections that stand already: what is sent now waits in their sockets.
    await Promise.all([0, 1, 2, 3].map(() => old.api.get("sys/health")));
    old.server.signal("SIGSTOP");
    const body = { data: { v: "late" } };
    const write = (at: number): Promise<number> =>
      old.api.send("POST", `secret/data/late-${at}`, body, { token }).then((answer) => answer.status);
    const queued = [0, 1, 2, 3].map(write);
    await new Promise((settle) => setTimeout(settle, LEASE_MILLISECONDS * 1.5));
    await pair.promote(next, true);
    await next.api.must("POST", "secret/data/new", { data: { v: "by the new primary" } }, { token });
    old.server.signal("SIGCONT");
    const answers = await Promise.all(queued);
    for (let at = 0; at < 100; at += 1) answers.push(await write(at % 4));
    expect(answers.filter((status) => status !== 503)).toEqual([]);
    expect((await old.status("dr")).state).toMatch(/^(fenced|unconfirmed)$/);
    pair.exchange();
    await eventually("the old one was told", async () => (await old.status("dr")).state === "fenced");
    await pair.demote(old);
    await pair.updatePrimary();
    await pair.settled();
    for (const at of [0, 1, 2, 3]) {
      expect((await next.api.get(`secret/data/late-${at}`, { token })).status).toBe(404);
    }
  }, 60_000);
});
