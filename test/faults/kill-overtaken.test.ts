import { faultSeed, IS_LONG_RUN } from "./fault-run";
import { killAll } from "./kill-run";
import { OvertakenSecondary, type PromotedLog } from "./overtaken-transitions";
import { SHORT_LOG_BYTES } from "./replica-pair";
import { ThreeClusters } from "./three-clusters";
import { WriteLedger } from "./write-ledger";

/** Of each side at each transition. */
const KILLS_MIN = IS_LONG_RUN ? 50 : 3;
const RUN_MILLISECONDS = IS_LONG_RUN ? 1_200_000 : 180_000;

const seed = faultSeed();
const sets: ThreeClusters[] = [];

afterAll(async () => {
  await Promise.all(sets.map((three) => three.destroy()));
}, 60_000);

test.each<PromotedLog>(["reaches back", "begins later"])(
  "a secondary ahead of the promoted cluster, whose log %s, gives up what the set has lost and nothing else, whoever is killed",
  async (promotedLog) => {
    const three = await ThreeClusters.start({ seed, replication: { log_retention_size: SHORT_LOG_BYTES } });
    sets.push(three);
    const transitions = new OvertakenSecondary(promotedLog).transitions();
    const ledger = new WriteLedger("overtaken", () => three.primary, three.clientTokens);
    await killAll({ pair: three, ledger, transitions, seed, killsMin: KILLS_MIN });
    expect(ledger.acknowledgements).toBeGreaterThan(50);
    expect(three.secondary.unaskedSnapshots).toEqual([]);
    for (const cluster of [three.primary, three.secondary]) {
      const report = await cluster.admin("POST", "sys/replication/merkle-check");
      expect(report.data?.merkle_corruption_report).toMatchObject({ corrupted_root: false });
    }
  },
  RUN_MILLISECONDS,
);
