import { faultSeed, IS_LONG_RUN } from "./fault-run";
import { killAll } from "./kill-run";
import { OvertakenSecondary, type PromotedLog } from "./overtaken-transitions";
import { SHORT_LOG_BYTES } from "./replica-pair";
import { ThreeClusters } from "./three-clusters";
import { WriteLedger } from "./write-ledger";

/** Of each side at each transition. */
const KILLS = IS_LONG_RUN ? 50 : 3;
const RUN_MILLISECONDS = IS_LONG_RUN ? 1_200_000 : 120_000;

const seed = faultSeed();
const sets: ThreeClusters[] = [];

afterAll(async () => {
  await Promise.all(sets.map((three) => three.destroy()));
}, 60_000);

test(
  "a secondary ahead of the promoted cluster gives up what the set has lost and nothing else, whoever is killed meanwhile",
  async () => {
    const both: readonly PromotedLog[] = ["reaches back", "begins later"];
    // All to their end: nobody shall start servers that are being removed.
    const runs = await Promise.allSettled(both.map(run));
    for (const one of runs) if (one.status === "rejected") throw one.reason;
  },
  RUN_MILLISECONDS * 2 + 60_000,
);

async function run(promotedLog: PromotedLog): Promise<void> {
  const three = await ThreeClusters.start({
    seed: `${seed}/${promotedLog}`,
    replication: { log_retention_size: SHORT_LOG_BYTES },
  });
  sets.push(three);
  const transitions = new OvertakenSecondary(promotedLog).transitions();
  const ledger = new WriteLedger("overtaken", () => three.primary, three.clientTokens);
  await killAll({ pair: three, ledger, transitions, seed, kills: KILLS, milliseconds: RUN_MILLISECONDS });
  expect(ledger.acknowledgements).toBeGreaterThan(50);
  expect(three.secondary.unaskedSnapshots).toEqual([]);
  for (const cluster of [three.primary, three.secondary]) {
    const report = await cluster.admin("POST", "sys/replication/merkle-check");
    expect(report.data?.merkle_corruption_report).toMatchObject({ corrupted_root: false });
  }
}
