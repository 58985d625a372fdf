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

let pair: ReplicaPair | undefined;
afterEach(async () => {
  await pair?.destroy();
  pair = undefined;
});

it.each(["dr", "performance"] as readonly Mode[])(
  "in every weather between them a %s pair ends equal, and nothing acknowledged is lost",
  async (mode) => {
    const random = new SeededRandom("weather", seed, mode);
    const own = await ReplicaPair.start({ mode, seed, replication: { log_retention_size: SHORT_LOG_BYTES } });
    pair = own;
    const { proxy } = own.primary;
    const ledger = new WriteLedger(mode, () => own.primary, clientTokens(own));
    ledger.start();
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const weather of WEATHERS) {
          await weather.begin(proxy, random);
          await new Promise((settle) => setTimeout(settle, random.between(200, 900)));
          await proxy.clear();
          await own.settled(60_000).catch((error: Error) => {
            throw new Error(`after ${weather.name}: ${error.message}`);
          });
        }
      }
    } finally {
      await ledger.stop();
    }
    await own.settled();
    expect(ledger.acknowledgements).toBeGreaterThan(50);
    await ledger.check(own.primary);
    if (mode === "performance") await ledger.check(own.secondary);
  },
  IS_LONG_RUN ? 1_200_000 : 180_000,
);
