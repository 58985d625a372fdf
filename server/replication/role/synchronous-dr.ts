import type { Timer } from "../../sdk/clock";
import { ServerError } from "../../sdk/errors";
import { currentEpoch, describeEpoch } from "../../sdk/lineage";
import type { KeyClass, WriteRefusal } from "../../sdk/log";
import type { Counter, Summary } from "../../sdk/metrics";
import type { ResponseData } from "../../sdk/outcome";
import type { PrimaryHub } from "../stream/primary-hub";
import type { ReplicationDependencies } from "./dependencies";
import { DurableWaits } from "./durable-waits";
import { isFenced } from "./role-rules";
import type { RoleState } from "./role-state";
import { synchronousDrMetrics } from "./synchronous-dr-metrics";

export interface SynchronousDrSettings {
  /** `block`: no acknowledgement without a DR secondary. `degrade`: without one after the time. */
  readonly mode: "off" | "block" | "degrade";
  /** How long an acknowledgement waits, and how long no DR secondary may be there before writes stop or wait no more. */
  readonly timeoutMilliseconds: number;
}

const OFF: SynchronousDrSettings = { mode: "off", timeoutMilliseconds: 0 };
const RECORD = "synchronous-dr";
const ALL_WRITES: ReadonlySet<KeyClass> = new Set(["replicated", "local"]);

/**
 * Acknowledges writes only when a DR secondary has applied them durably: what a client was told survives the loss of this
 * cluster. It holds from the first time that a DR secondary has caught up in this epoch until the last one is revoked: a
 * cluster that was promoted over a lost one, or gets its first DR secondary, is not stopped by that.
 *
 * One secondary is enough. Its content was compared with ours when its stream began, and its acks follow its commits.
 */
export class SynchronousDr {
  private readonly settings: SynchronousDrSettings;
  private readonly waits: DurableWaits;
  private readonly lost: Counter;
  private readonly took: Summary;
  private readonly releases: readonly (() => void)[];
  private synchronous = false;
  /** Applied durably by a DR secondary. Indexes of our own log, which only grow. */
  private durableIndex = 0;
  /** Up to there a DR secondary had to hold what was written, until this cluster was the primary no more or closed. */
  private abandonedIndex = 0;
  /** What a secondary has to reach to have caught up, and since when. */
  private mark: { readonly index: number; readonly atMilliseconds: number } | undefined;
  private absence: Timer | undefined;
  /** The epoch in which a DR secondary had caught up, described; survives a restart. */
  private heldIn = "";
  /** What of that is stored. */
  private recordedIn = "";
  private isRecording = false;
  private closed = false;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly hub: PrimaryHub,
  ) {
    this.settings = deps.settings.synchronousDr ?? OFF;
    const { clock, metrics } = deps;
    const { timeoutMilliseconds } = this.settings;
    this.lost = metrics.counter(synchronousDrMetrics.lost);
    this.took = metrics.summary(synchronousDrMetrics.wait);
    this.waits = new DurableWaits({
      clock,
      timeoutMilliseconds,
      expired: () => this.lose("a write was not confirmed in time"),
      failure: () => this.unconfirmed(),
      took: (milliseconds) => this.took.observe(milliseconds),
    });
    this.releases =
      this.settings.mode === "off"
        ? []
        : [
            hub.onProgress(() => this.progressed()),
            metrics.gauge(synchronousDrMetrics.synchronous, () => (this.holds ? Number(this.synchronous) : undefined)),
            metrics.gauge(synchronousDrMetrics.waiting, () => (this.holds ? this.waits.count : undefined)),
          ];
  }

  /** Takes up what was so before the restart. */
  async load(): Promise<void> {
    if (this.settings.mode === "off") return;
    this.heldIn = (await this.view().get(RECORD))?.value.toString("utf8") ?? "";
    this.recordedIn = this.heldIn;
  }

  /** Roles or secondaries changed. */
  review(): void {
    if (this.settings.mode === "off") return;
    if (this.state.effective("dr") !== "primary") {
      this.abandon();
      this.end();
    } else if (this.state.followersOf("dr").length === 0) {
      // Another epoch without a DR secondary: an operator has a replaced cluster go on. Its successor has nothing of what waits.
      if (this.heldIn !== "" && this.heldIn !== this.epoch) this.abandon();
      this.end();
    } else this.progressed();
  }

  close(): void {
    for (const release of this.releases) release();
    this.absence?.cancel();
    // A commit that is under way becomes durable here, and no DR secondary is going to say that it has it.
    this.abandon(Number.POSITIVE_INFINITY);
    this.closed = true;
  }

  /**
   * Waits until a DR secondary has applied everything up to the index; undefined: it need not be waited for.
   * @throws dr_unconfirmed when it takes too long: the write is made here, and may be lost with this cluster
   */
  confirm(index: number): Promise<void> | undefined {
    if (this.settings.mode === "off" || index <= this.durableIndex) return undefined;
    if (index <= this.abandonedIndex) return Promise.reject(this.unconfirmed());
    if (!this.holds) return undefined;
    if (this.settings.mode === "degrade" && !this.synchronous) return undefined;
    return this.waits.wait(index);
  }

  /** Why a write is refused before it is made; undefined: it is not. */
  refusal(classes: ReadonlySet<KeyClass>): WriteRefusal | undefined {
    if (this.settings.mode !== "block" || this.synchronous || !this.holds) return undefined;
    if (!classes.has("replicated") && !classes.has("local")) return undefined;
    const publicText =
      'writes are stopped: sync_dr is "block" and no DR secondary is connected and caught up; nothing was written. They ' +
      "resume by themselves when one is; revoking the DR secondaries ends the wait for them";
    return { code: "dr_unconfirmed", publicText };
  }

  /** Fields of the DR primary's status; none while the option is off. */
  status(): ResponseData {
    const { mode } = this.settings;
    if (mode === "off") return {};
    const without = mode === "block" ? "blocked" : "asynchronous";
    const held = this.synchronous ? "synchronous" : without;
    return { sync_dr: mode, sync_dr_state: this.holds ? held : "inactive" };
  }

  /** Whether there is a DR secondary to wait for at all. */
  private get holds(): boolean {
    return !this.closed && this.heldIn !== "" && this.heldIn === this.epoch && this.state.followersOf("dr").length > 0;
  }

  private get epoch(): string {
    return describeEpoch(currentEpoch(this.state.lineage("dr")));
  }

  /** A DR secondary has applied more, came or went. */
  private progressed(): void {
    if (this.closed) return;
    this.record();
    const applied = this.appliedIndex();
    if (applied === undefined) {
      if (this.synchronous) this.watchAbsence();
      return;
    }
    this.absence?.cancel();
    this.absence = undefined;
    if (applied > this.durableIndex) this.durableIndex = applied;
    this.waits.reached(this.durableIndex);
    if (!this.synchronous) this.catchUp(applied);
  }

  /** What the best of the connected DR secondaries has applied, where that is known to be the same content. */
  private appliedIndex(): number | undefined {
    let best: number | undefined;
    for (const id of this.state.followersOf("dr")) {
      const view = this.hub.view("dr", id);
      if (view?.connected !== true || !view.verified || view.hello.building) continue;
      if (best === undefined || view.appliedIndex > best) best = view.appliedIndex;
    }
    return best;
  }

  /** With everything that we had at a moment not longer ago than a write may wait, it keeps up from now on. */
  private catchUp(applied: number): void {
    const now = this.deps.clock.monotonicMilliseconds();
    const last = this.deps.core.log.lastIndex();
    const isInTime = this.mark !== undefined && now - this.mark.atMilliseconds <= this.settings.timeoutMilliseconds;
    const reachedMark = this.mark !== undefined && applied >= this.mark.index;
    if (applied >= last || (reachedMark && isInTime)) this.gain();
    else if (this.mark === undefined || reachedMark) this.mark = { index: last, atMilliseconds: now };
  }

  private gain(): void {
    this.synchronous = true;
    this.mark = undefined;
    this.deps.logger.log("info", "writes are acknowledged by a DR secondary too", { sync_dr: this.settings.mode });
    if (this.heldIn === this.epoch) return;
    this.heldIn = this.epoch;
    this.record();
  }

  private lose(reason: string): void {
    if (!this.synchronous) return;
    this.synchronous = false;
    this.mark = undefined;
    this.lost.add();
    const consequence = this.settings.mode === "block" ? "writes are stopped" : "writes are acknowledged without one";
    const facts = { sync_dr: this.settings.mode, reason, waiting: this.waits.count };
    this.deps.logger.log("error", `no DR secondary keeps up: ${consequence}`, facts);
    if (this.settings.mode === "degrade") this.releaseWaits();
  }

  /** Acknowledges what waits without a DR secondary, as far as this cluster may acknowledge anything now. */
  private releaseWaits(): void {
    const { holds, unconfirmed } = this.state;
    const mayBeReplaced = isFenced(holds, "performance") || unconfirmed(ALL_WRITES) !== undefined;
    if (mayBeReplaced || holds.undecided) this.waits.failAll(this.unconfirmed());
    else this.waits.releaseAll();
  }

  /** Whoever is, or will be, primary may not have what waits, nor what has not come to its wait yet. */
  private abandon(upToIndex = this.deps.core.log.lastIndex()): void {
    const isHeld = this.heldIn !== "" && (this.settings.mode === "block" || this.synchronous);
    if (isHeld) this.abandonedIndex = upToIndex;
    this.waits.failAll(this.unconfirmed());
  }

  private watchAbsence(): void {
    this.absence ??= this.deps.clock.setTimer(this.settings.timeoutMilliseconds, () => {
      this.absence = undefined;
      if (!this.closed && this.appliedIndex() === undefined) this.lose("no DR secondary is connected");
    });
  }

  /** Nobody is left to wait for: the operator has revoked the last one, and goes on without. */
  private end(): void {
    this.synchronous = false;
    this.mark = undefined;
    this.absence?.cancel();
    this.absence = undefined;
    this.releaseWaits();
    if (this.heldIn === "") return;
    this.heldIn = "";
    this.record();
  }

  /** Stores whether writes are held to a DR secondary's word. What could not be stored is tried again with the next progress. */
  private record(): void {
    const { heldIn } = this;
    if (this.isRecording || heldIn === this.recordedIn || this.state.effective("dr") !== "primary") return;
    this.isRecording = true;
    this.store(heldIn).then(
      () => {
        this.isRecording = false;
        this.recordedIn = heldIn;
        this.record();
      },
      (error: Error) => {
        this.isRecording = false;
        this.deps.logger.log("warn", "whether DR is synchronous was not recorded", { reason: error.message });
      },
    );
  }

  /** Behind the write gate: a primary that may write nothing must be able to say why. */
  private async store(heldIn: string): Promise<void> {
    const view = this.view();
    const operation = heldIn === "" ? view.delete(RECORD) : view.put(RECORD, Buffer.from(heldIn));
    await this.deps.core.barrier.commit([operation], { passesGate: true });
  }

  private view() {
    return this.deps.core.barrier.view("core/replication/", "local");
  }

  private unconfirmed(): ServerError {
    const { mode, timeoutMilliseconds } = this.settings;
    const text =
      `no DR secondary has confirmed the write within ${timeoutMilliseconds / 1000} s: it was made on this cluster, but its ` +
      `outcome is uncertain, since it is lost if this cluster is lost before a DR secondary has it (sync_dr is "${mode}")`;
    return new ServerError("dr_unconfirmed", text);
  }
}
