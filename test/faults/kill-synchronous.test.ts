import { faultSeed, IS_LONG_RUN } from "./fault-run";
import { killAll } from "./kill-run";
import { ReplicaPair } from "./replica-pair";
import { SYNCHRONOUS } from "./synchronous-transitions";
import { clientTokens, WriteLedger } from "./write-ledger";

/** Of each side at each transition. */
const KILLS = IS_LONG_RUN ? 50 : 3;
const RUN_MILLISECONDS = IS_LONG_RUN ? 1_200_000 : 120_000;
const WRITERS = 6;

const seed = faultSeed();
let pair: ReplicaPair;

beforeAll(async () => {
  pair = await ReplicaPair.start({ mode: "dr", seed, replication: { sync_dr: "block", sync_dr_timeout: "1s" } });
}, 60_000);

afterAll(() => pair?.destroy());

test(
  "what a primary with sync_dr = block has acknowledged is on its DR secondary, whoever is killed while writes wait for it",
  async () => {
    const ledger = new WriteLedger("synchronous", () => pair.primary, clientTokens(pair), WRITERS);
    await killAll({ pair, ledger, transitions: SYNCHRONOUS, seed, kills: KILLS, milliseconds: RUN_MILLISECONDS });
    expect(ledger.acknowledgements).toBeGreaterThan(50);
    await pair.settled();
    await ledger.check(pair.primary);
    const report = await pair.primary.admin("POST", "sys/replication/merkle-check");
    expect(report.data?.merkle_corruption_report).toMatchObject({ corrupted_root: false });
  },
  RUN_MILLISECONDS * 2 + 60_000,
);
