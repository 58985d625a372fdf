import { SeededRandom } from "../simulation/seeded-random";
import type { Mode } from "./fault-cluster";
import { faultSeed, IS_LONG_RUN } from "./fault-run";
import { KillSchedule, KillTable, killAsScheduled } from "./kill-run";
import { ReplicaPair, SHORT_LOG_BYTES, SHORT_WINDOW_BYTES } from "./replica-pair";
import { TRANSITIONS } from "./transitions";
import { clientTokens, WriteLedger } from "./write-ledger";

const KILLS = IS_LONG_RUN ? 2_000 : 200;
const RUN_MILLISECONDS = IS_LONG_RUN ? 1_800_000 : 420_000;
const MODES: readonly Mode[] = ["dr", "performance"];
/** At work at the same time: most of a kill is waiting. */
const PAIRS: readonly Mode[] = [...MODES, ...MODES];

const seed = faultSeed();
const pairs: ReplicaPair[] = [];

async function startPair(mode: Mode, at: number): Promise<ReplicaPair> {
  const pair = await ReplicaPair.start({
    mode,
    seed: `${seed}/${at}`,
    replication: { log_retention_size: SHORT_LOG_BYTES, secondary_window_size: SHORT_WINDOW_BYTES },
    fill: async (primary) => {
      await primary.admin("POST", "other/data/x", { data: { v: "filtered now and then" } });
    },
  });
  pairs.push(pair);
  return pair;
}

afterAll(async () => {
  await Promise.all(pairs.map((pair) => pair.destroy()));
}, 60_000);

test(
  `either side killed at every state transition, ${KILLS} times: nothing acknowledged is lost, all return and are equal`,
  async () => {
    const names = MODES.flatMap((mode) =>
      TRANSITIONS.filter(({ modes }) => modes.includes(mode)).map(({ name }) => `${mode}: ${name}`),
    );
    const table = new KillTable(names);
    await Promise.all(PAIRS.map(startPair));
    const until = performance.now() + RUN_MILLISECONDS;
    let failed = false;
    // A first round reaches everything even where the machine is too slow for the number.
    const isOver = (): boolean =>
      failed || (table.missing().length === 0 && (table.total >= KILLS || performance.now() > until));
    const schedules = { dr: scheduleOf("dr"), performance: scheduleOf("performance") };
    const ledgers = pairs.map(ledgerOf);
    try {
      await Promise.all(
        pairs.map((pair, at) =>
          killAsScheduled({
            pair,
            ledger: ledgers[at] ?? ledgerOf(pair),
            random: new SeededRandom("kill", seed, at),
            table,
            schedule: schedules[pair.mode],
            isOver,
          }).catch((error: unknown) => {
            failed = true;
            throw error;
          }),
        ),
      );
    } finally {
      for (const ledger of ledgers) await ledger.stop();
      process.stdout.write(table.print(`seed ${seed}`));
    }
    expect(table.missing()).toEqual([]);
    for (const [at, pair] of pairs.entries()) await checkEverything(pair, ledgers[at] ?? ledgerOf(pair));
  },
  RUN_MILLISECONDS * 2 + 60_000,
);

function scheduleOf(mode: Mode): KillSchedule {
  const own = TRANSITIONS.filter(({ modes }) => modes.includes(mode));
  return new KillSchedule(own, new SeededRandom("schedule", seed, mode));
}

function ledgerOf(pair: ReplicaPair): WriteLedger {
  return new WriteLedger(pair.mode, () => pair.primary, clientTokens(pair));
}

/** On both clusters, each as it serves clients. */
async function checkEverything(pair: ReplicaPair, ledger: WriteLedger): Promise<void> {
  await pair.settled();
  expect(ledger.acknowledgements).toBeGreaterThan(50);
  await ledger.check(pair.primary);
  if (pair.mode === "dr") {
    await pair.demote(pair.primary, pair.secondary.name);
    await pair.promote(pair.secondary);
    await ledger.check(pair.secondary);
    pair.exchange();
  } else {
    await ledger.check(pair.secondary);
    // Nothing stored was damaged, so only an operator's word may have cost a cluster its own tokens.
    expect(pair.clusters.flatMap(({ unaskedSnapshots }) => unaskedSnapshots)).toEqual([]);
  }
  for (const cluster of pair.clusters) {
    const report = await cluster.admin("POST", "sys/replication/merkle-check").catch(() => undefined);
    const found = report?.data?.merkle_corruption_report as { readonly corrupted_root?: unknown } | undefined;
    if (cluster === pair.primary || pair.mode === "performance") expect(found?.corrupted_root).toBe(false);
  }
}
