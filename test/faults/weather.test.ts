import { SeededRandom } from "../simulation/seeded-random";
import { BLACK_HOLE, type FaultProxy } from "../support/fault-proxy";
import type { Mode } from "./fault-cluster";
import { faultSeed, IS_LONG_RUN } from "./fault-run";
import { ReplicaPair, SHORT_LOG_BYTES } from "./replica-pair";
import { clientTokens, WriteLedger } from "./write-ledger";

const ROUNDS = IS_LONG_RUN ? 20 : 1;
const seed = faultSeed();

interface Weather {
  readonly name: string;
  begin(proxy: FaultProxy, random: SeededRandom): Promise<void> | void;
}

/** Everything the proxy can do, in its turn and in one that the seed has chosen. */
const WEATHERS: readonly Weather[] = [
  { name: "delay", begin: (proxy, random) => proxy.set({ delayMilliseconds: random.between(20, 150) }) },
  { name: "jitter", begin: (proxy) => proxy.set({ delayMilliseconds: 5, jitterMilliseconds: 60 }) },
  { name: "bandwidth", begin: (proxy, random) => proxy.set({ bytesPerSecond: random.between(4_000, 60_000) }) },
  { name: "black hole", begin: (proxy) => proxy.set(BLACK_HOLE) },
  { name: "black hole for the next connections", begin: (proxy) => cut(proxy, "black-hole") },
  { name: "nothing reaches the primary", begin: (proxy) => proxy.set({ up: "held" }) },
  { name: "nothing reaches the secondary", begin: (proxy) => proxy.set({ down: "held" }) },
  { name: "reset", begin: (proxy) => proxy.reset() },
  { name: "reset at every attempt", begin: (proxy) => cut(proxy, "reset") },
  { name: "refusal", begin: (proxy) => cut(proxy, "refuse") },
  { name: "half open, the secondary's side gone", begin: (proxy) => proxy.halfOpen("caller") },
  { name: "half open, the primary's side gone", begin: (proxy) => proxy.halfOpen("target") },
];

async function cut(proxy: FaultProxy, admission: "black-hole" | "reset" | "refuse"): Promise<void> {
  await proxy.set({ admission });
  proxy.reset();
}

const pairs: ReplicaPair[] = [];
afterAll(() => Promise.all(pairs.map((pair) => pair.destroy())));

async function survive(mode: Mode): Promise<void> {
  const random = new SeededRandom("weather", seed, mode);
  const pair = await ReplicaPair.start({ mode, seed, replication: { log_retention_size: SHORT_LOG_BYTES } });
  pairs.push(pair);
  const ledger = new WriteLedger(mode, () => pair.primary, clientTokens(pair));
  ledger.start();
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const weather of WEATHERS) await endure(pair, weather, random);
    }
  } finally {
    await ledger.stop();
  }
  await pair.settled();
  expect(ledger.acknowledgements).toBeGreaterThan(50);
  await ledger.check(pair.primary);
  if (mode === "performance") await ledger.check(pair.secondary);
}

async function endure(pair: ReplicaPair, weather: Weather, random: SeededRandom): Promise<void> {
  const { proxy } = pair.primary;
  await weather.begin(proxy, random);
  await new Promise((settle) => setTimeout(settle, random.between(200, 900)));
  await proxy.clear();
  await pair.settled(60_000).catch((error: Error) => {
    throw new Error(`${pair.mode}, after ${weather.name}: ${error.message}`);
  });
}

test(
  "after every weather between them two pairs of clusters are equal, and nothing acknowledged is lost",
  async () => {
    const ends = await Promise.allSettled((["dr", "performance"] as const).map(survive));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  },
  IS_LONG_RUN ? 1_200_000 : 180_000,
);
