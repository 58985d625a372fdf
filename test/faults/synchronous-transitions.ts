import { eventually } from "../support/server-process";
import { completeReturn } from "./pair-failover";
import type { ReplicaPair } from "./replica-pair";
import { atLogLine, pause, type Stage, type Transition, told } from "./transition";

const GAINED = told("writes are acknowledged by a DR secondary too");
const LOST = told("no DR secondary keeps up: writes are stopped");

/** What a primary with `sync_dr = "block"` does. After each kill it is lost for good, and its secondary takes its place. */
export const SYNCHRONOUS: readonly Transition[] = [
  transition("synchronous", ({ random }) => pause(random.between(0, 300))),
  transition("synchronous, a write waits", async (stage) => {
    await hold(stage);
    await pause(stage.random.between(30, 500));
  }),
  transition("synchronous -> blocked", (stage) => atLogLine(stage, stage.pair.primary, LOST, () => hold(stage))),
  transition("blocked -> synchronous", async (stage) => {
    const { primary } = stage.pair;
    const lost = primary.logged(LOST);
    await hold(stage);
    await lost.line;
    await atLogLine(stage, primary, GAINED, () => primary.proxy.clear());
  }),
];

function transition(name: string, bringAbout: (stage: Stage) => Promise<void>): Transition {
  return {
    name,
    modes: ["dr"],
    bringAbout: async (stage) => {
      // A cluster that was promoted waits for nobody before its first secondary has caught up: that is not promised.
      await waitsForItsSecondary(stage.pair);
      await bringAbout(stage);
    },
    whileDown: loseThePrimary,
    finish: completeReturn,
  };
}

export async function waitsForItsSecondary(pair: ReplicaPair): Promise<void> {
  await eventually("writes wait for the DR secondary", async () => {
    return (await pair.primary.status("dr")).sync_dr_state === "synchronous";
  });
}

/** Either what the primary ships no longer arrives, or what the secondary confirms. */
async function hold({ pair, random }: Stage): Promise<void> {
  await pair.primary.proxy.set(random.chance(0.5) ? { up: "held" } : { down: "held" });
}

/** The one or the other is back for a while, or the primary is alone: nothing is acknowledged that the secondary will not have. */
async function loseThePrimary({ pair, ledger, victim, random }: Stage): Promise<void> {
  const { primary, secondary } = pair;
  if (random.chance(victim === primary ? 0.5 : 0.3)) await victim.boot();
  if (random.chance(0.7)) await pause(random.between(0, 1_500));
  await primary.server.stop("SIGKILL");
  await primary.proxy.clear();
  if (!secondary.server.isRunning) await secondary.boot();
  await pair.promote(secondary, true);
  // Who finds less there than was acknowledged writes nothing more, so a loss does not pass.
  await eventually("all that was acknowledged is there", () => ledger.check(secondary).then(() => true));
  pair.exchange();
}
