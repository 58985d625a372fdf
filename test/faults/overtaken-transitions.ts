import { LostWrites } from "./lost-writes";
import type { ThreeClusters } from "./three-clusters";
import { atLogLine, pause, type Stage, stateChange, type Transition, writeLarge } from "./transition";

type OvertakenStage = Stage<ThreeClusters>;

/** Where the promoted cluster's log begins, when the secondary meets it. */
export type PromotedLog = "reaches back" | "begins later";

/** A performance secondary has what its lost primary shipped to nobody else, and meets the DR secondary that was promoted. */
export class OvertakenSecondary {
  private readonly lost = new LostWrites();

  constructor(private readonly promotedLog: PromotedLog) {}

  /** Its changes of state from then on: what it streams from is a guess until it was compared, so no stream comes first. */
  transitions(): readonly Transition<ThreeClusters>[] {
    return (
      [
        ["idle", "merkle-diff"],
        ["merkle-diff", "merkle-sync"],
        ["merkle-sync", "stream-wals"],
      ] as const
    ).map(([from, to]) => ({
      name: `overtaken, log ${this.promotedLog}: ${from} -> ${to}`,
      modes: ["performance"],
      victim: ({ primaryDr, secondary }, side) => (side === "primary" ? primaryDr : secondary),
      bringAbout: (stage) => this.bringAbout(stage, stateChange(from, to)),
      whileDown: (stage) => this.whileDown(stage),
      finish: ({ pair }) => pair.returnAsDr(pair.primaryDr, pair.primary),
      check: (stage) => this.check(stage),
    }));
  }

  /** The old primary returns before its successor does: nobody but the secondary can tell it that it was replaced. */
  private async whileDown({ pair, victim, random }: OvertakenStage): Promise<void> {
    const { primary, primaryDr: old } = pair;
    if (victim !== primary) return;
    await old.boot();
    const token = old.rootToken;
    const until = performance.now() + random.between(200, 4_000);
    while (performance.now() < until) {
      const { status } = await old.api.send("POST", "secret/data/late", { data: { v: "late" } }, { token });
      if (status < 300) throw new Error(`${old.name} was replaced, and acknowledges a write`);
      // Who has met the successor never lets it go on.
      const { state } = await old.status("performance");
      if (state === "running") throw new Error(`${old.name} was replaced, and its secondary confirms it`);
      await pause(40);
    }
  }

  private async bringAbout(stage: OvertakenStage, moment: RegExp): Promise<void> {
    const { pair, ledger, random } = stage;
    // What is written by then is shipped to all; what is written behind it is lost without anybody's mistake.
    await ledger.stop();
    await this.lost.prepare(pair.primary);
    await pair.settled();
    await pair.knowEachOther();
    await pair.primaryDr.server.stop("SIGKILL");
    await this.lost.make(pair.primary, pair.secondary, random.between(1, 40));
    await pair.primary.server.stop("SIGKILL");
    await pair.primaryDr.boot();
    await atLogLine(stage, pair.secondary, moment, async () => {
      await this.promote(pair);
      ledger.start();
      if (random.chance(0.5)) await pair.updatePrimary();
    });
  }

  private async promote(three: ThreeClusters): Promise<void> {
    const { proxy } = three.primaryDr;
    await proxy.set({ admission: "reset" });
    await three.failOver();
    if (this.promotedLog === "begins later") await writeLarge(three.primary, 10);
    await proxy.clear();
  }

  private async check({ pair, ledger }: OvertakenStage): Promise<void> {
    const { primary, primaryDr, secondary } = pair;
    for (const cluster of [primary, secondary]) await this.lost.checkGone(cluster);
    await this.lost.checkReported(secondary, "performance");
    await this.lost.checkReported(primaryDr, "dr");
    // With the token that its clients have had since the beginning.
    await ledger.stop();
    await pair.settled();
    await ledger.check(secondary);
  }
}
