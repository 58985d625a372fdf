import type { Timer } from "../../sdk/clock";
import type { KeyClass, ReplicationMode, WriteRefusal } from "../../sdk/log";
import { type Moment, millisecondsSince } from "../stream/moment";
import type { ReplicationDependencies } from "./dependencies";
import { MODES } from "./replication-store";
import type { RoleState } from "./role-state";

/**
 * Per mode: a primary acknowledges writes for as long as one of the secondaries that can know of a later promotion says that
 * there was none. Only who has followed this cluster in the epoch it is in can have been promoted over it; so who was just
 * promoted, stands alone, or has revoked its last secondary waits for nobody. A confirmation counts from a moment of our own
 * clock that lies before the secondary gave it, so one that lay in a socket while this process stood still comes too late.
 */
export class LineageConfirmation {
  private readonly confirmedAt = new Map<ReplicationMode, Moment>();
  private readonly announced = new Set<ReplicationMode>();
  private timer: Timer | undefined;
  private closed = false;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
  ) {}

  /** Whether writes wait for a secondary's word now. */
  isWaiting(mode: ReplicationMode): boolean {
    const { fencing } = this.deps.settings;
    if (fencing.mode === "off" || this.state.followersOf(mode).length === 0) return false;
    return this.restMilliseconds(mode) <= 0;
  }

  /** Of writes of these classes. What only performance secondaries could tell concerns shared data alone. */
  refusal(classes: ReadonlySet<KeyClass>): WriteRefusal | undefined {
    const shared = classes.has("replicated");
    if (!shared && !classes.has("local")) return undefined;
    if (this.isWaiting("dr")) return this.refusalIn("dr");
    return shared && this.isWaiting("performance") ? this.refusalIn("performance") : undefined;
  }

  /** A secondary that has followed us in this epoch still agrees. @param saidAfter the moment that it said so after */
  confirm(mode: ReplicationMode, saidAfter: Moment): void {
    const { clock } = this.deps;
    const before = this.confirmedAt.get(mode);
    const isLater = before === undefined || millisecondsSince(saidAfter, clock) < millisecondsSince(before, clock);
    if (isLater) this.confirmedAt.set(mode, saidAfter);
    this.announce();
  }

  /** Roles or members changed. */
  review(): void {
    this.announce();
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
  }

  /** Of the lease. */
  private restMilliseconds(mode: ReplicationMode): number {
    const confirmed = this.confirmedAt.get(mode);
    if (confirmed === undefined) return 0;
    return this.deps.settings.fencing.leaseMilliseconds - millisecondsSince(confirmed, this.deps.clock);
  }

  private refusalIn(mode: ReplicationMode): WriteRefusal {
    const seconds = this.deps.settings.fencing.leaseMilliseconds / 1000;
    const known = this.state.followersOf(mode).slice(0, NAMED_MAX).join(", ");
    const name = mode === "dr" ? "DR" : mode;
    const publicText =
      `writes wait: none of the ${name} secondaries (${known}) has confirmed within the last ${seconds} s that this cluster ` +
      `is still the ${name} primary; reads go on. They resume by themselves when one of the secondaries connects. If all of ` +
      `them are gone for good, revoke them or call sys/replication/${mode}/primary/override-fence; fencing = "off" in the ` +
      "replication stanza of the configuration turns this wait off";
    return { code: "unconfirmed", publicText };
  }

  /** A line in the log at every change, also when nobody writes. */
  private announce(): void {
    for (const mode of MODES) {
      const waiting = this.isWaiting(mode);
      if (waiting === this.announced.has(mode)) continue;
      const secondaries = this.state.followersOf(mode).slice(0, NAMED_MAX);
      if (waiting) {
        this.announced.add(mode);
        this.deps.logger.log("warn", "writes wait until a secondary confirms this cluster's lineage", {
          mode,
          secondaries: secondaries.join(", "),
        });
      } else {
        this.announced.delete(mode);
        this.deps.logger.log("info", "writes are acknowledged again", { mode });
      }
    }
    this.setTimer();
  }

  /** For the next lease that ends. One timer, set again when it fires: confirmations come every second. */
  private setTimer(): void {
    if (this.timer !== undefined || this.closed || this.deps.settings.fencing.mode === "off") return;
    const rests = MODES.filter((mode) => this.state.followersOf(mode).length > 0)
      .map((mode) => this.restMilliseconds(mode))
      .filter((rest) => rest > 0);
    if (rests.length === 0) return;
    this.timer = this.deps.clock.setTimer(Math.min(...rests), () => {
      this.timer = undefined;
      this.announce();
    });
  }
}

/** Secondaries named in one text. */
const NAMED_MAX = 8;
