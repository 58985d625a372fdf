import { CORE_MOUNT_ID } from "../../sdk/key-layout";
import { currentEpoch, sameEpoch } from "../../sdk/lineage";
import type { LogEntry, UpstreamCursor } from "../../sdk/log";
import { LogTruncated } from "../../sdk/log";
import { type FrameChannel, PeerRefused } from "../../sdk/transport";
import type { MountScope } from "../filter/mount-scope";
import { backlogAgeMilliseconds } from "./backlog-age";
import type { Heartbeat, Hello } from "./control-codec";
import { EntryBatch } from "./entry-batch";
import { FramePort } from "./frame-port";
import { Gathering } from "./gathering";
import { HeartbeatExchange } from "./heartbeat-exchange";
import { momentOf } from "./moment";
import { MountRepair } from "./mount-repair";
import { entryBytes } from "./record-codec";
import { addChecksums, type Checksums, checksumsOf, sameChecksums, zeroChecksums } from "./running-checksums";
import { SentHeartbeats } from "./sent-heartbeats";
import type { ShipperDependencies, ShipperView } from "./shipper-dependencies";
import { planStart, REPLACED, type StartPlan } from "./start-plan";
import { Wakeup } from "./wakeup";

interface Target {
  readonly index: number;
  readonly checksums: Checksums;
}

/**
 * Sends one secondary the log, from where it stands, for as long as it is connected. Entries are read from the log when
 * there is room in the window, never queued: a slow secondary costs one batch of memory and nobody waits for it.
 */
export class StreamShipper {
  private readonly port: FramePort;
  private readonly wakeup: Wakeup;
  private readonly heartbeat: HeartbeatExchange;
  private readonly gathering: Gathering;
  private readonly sentHeartbeats = new SentHeartbeats();
  private scope: MountScope;
  private sentIndex = 0;
  private appliedIndex = 0;
  private verified = false;
  private unacknowledgedBytes = 0;
  /** To be acknowledged before the secondary holds the mounts that it gets; without end while they are being sent. */
  private repairBytes = 0;
  private batchEntries: number;
  /** Undefined while the secondary's content is not exactly ours at `sentIndex` (a build, a repair). */
  private running: Checksums | undefined;
  private target: Target | undefined;
  private failure: Error | undefined;
  private lastFrameMilliseconds: number;

  constructor(
    private readonly deps: ShipperDependencies,
    private readonly secondaryId: string,
    private readonly hello: Hello,
    channel: FrameChannel,
  ) {
    this.port = new FramePort(channel);
    this.wakeup = new Wakeup(deps.clock);
    this.scope = deps.scopeOf(secondaryId);
    this.batchEntries = Math.min(64, deps.limits.batchEntries);
    this.heartbeat = new HeartbeatExchange(deps.clock, deps.limits.heartbeatMilliseconds);
    this.gathering = new Gathering(deps.clock, deps.limits, deps.mode);
    this.lastFrameMilliseconds = deps.clock.monotonicMilliseconds();
  }

  view(): ShipperView {
    return {
      secondaryId: this.secondaryId,
      hello: this.hello,
      sentIndex: this.sentIndex,
      appliedIndex: this.appliedIndex,
      unacknowledgedBytes: this.unacknowledgedBytes,
      verified: this.verified && this.repairBytes === 0,
      peer: this.heartbeat.facts(),
    };
  }

  /** Looks at the filter, or at the log, again. */
  notify(): void {
    this.wakeup.notify();
  }

  stop(reason: string): void {
    this.failure ??= new Error(reason);
    this.wakeup.notify();
    this.port.destroy();
  }

  /** Ends when the secondary is gone or has to reconcile. @throws TransportClosed and the like */
  async run(): Promise<void> {
    const plan = await this.plan();
    const index = plan.action === "stream" ? plan.index : 0;
    // Who names no place to follow from asks for our history only.
    // On record before it hears of us: from now on it may be promoted over this cluster.
    if (plan.action !== "refuse" && this.hello.cursor !== undefined) await this.deps.follows(this.hello);
    await this.port.send("welcome", {
      clusterId: this.deps.log.clusterId,
      apiAddress: this.deps.apiAddress,
      lineage: this.deps.lineage(),
      action: plan.action,
      index,
      reason: plan.action === "stream" ? "" : plan.reason,
    });
    this.deps.meter.planned(plan.action);
    if (plan.action === "refuse") await this.deps.refused(plan.reason, this.hello);
    if (plan.action !== "stream") return;
    this.sentIndex = index;
    this.appliedIndex = index;
    this.running = this.hello.building ? undefined : this.hello.checksums;
    this.heartbeat.begin(await backlogAgeMilliseconds(this.deps.log, this.deps.clock, index));
    const unsubscribe = this.deps.log.subscribe(() => this.wakeup.notify());
    const listening = this.listen();
    try {
      await this.ship();
    } finally {
      unsubscribe();
      this.port.destroy();
      await listening;
    }
  }

  private async plan(): Promise<StartPlan> {
    const plan = await planStart(this.deps.log, this.deps.lineage(), this.hello);
    if (plan.action === "refuse" && plan.newerLineage !== undefined)
      await this.deps.newerLineageSeen(plan.newerLineage);
    return plan.action !== "refuse" && this.deps.isFenced() ? { action: "refuse", reason: REPLACED } : plan;
  }

  private async ship(): Promise<void> {
    await this.scope.decideAll(this.presentMounts());
    if (!this.hello.building && this.deps.wasFiltered(this.secondaryId)) await this.repairMounts(this.hello.mounts);
    this.setTarget();
    for (;;) {
      this.throwIfOver();
      await this.followScope();
      await this.beat();
      if (!this.hasRoom()) await this.pause();
      else if (this.gatheringMilliseconds() > 0) await this.gather();
      else if (!(await this.sendBatch())) await this.idle();
    }
  }

  private hasRoom(): boolean {
    return this.unacknowledgedBytes < this.deps.limits.windowBytes;
  }

  private throwIfOver(): void {
    if (this.failure !== undefined) throw this.failure;
    const silence = this.deps.clock.monotonicMilliseconds() - this.lastFrameMilliseconds;
    if (silence > this.deps.limits.silenceMilliseconds) throw new Error("the secondary went silent");
  }

  private async pause(): Promise<void> {
    await this.wakeup.wait(this.heartbeat.dueInMilliseconds());
  }

  private gatheringMilliseconds(): number {
    return this.gathering.milliseconds(this.deps.log.lastIndex() - this.sentIndex);
  }

  private async gather(): Promise<void> {
    await this.wakeup.wait(Math.min(this.gatheringMilliseconds(), this.heartbeat.dueInMilliseconds()));
  }

  private async idle(): Promise<void> {
    if (this.sentIndex === this.deps.log.lastIndex()) await this.pause();
  }

  /** @returns whether anything was sent */
  private async sendBatch(): Promise<boolean> {
    await this.reachTarget();
    if (this.sentIndex >= this.deps.log.lastIndex()) return false;
    const entries = await this.readEntries();
    for (let rest = entries; rest.length > 0; ) {
      // Looked at again before anything is sent that was written, or read, since it was looked at last.
      if (!this.isScopeInForce()) return true;
      const held = this.scope.filter === undefined ? [] : this.includedMounts();
      const { batch, turned } = await this.nextBatch(this.upToTarget(rest));
      const last = rest[batch.scanned - 1];
      if (last !== undefined) await this.sendEntries(batch, last.index);
      if (turned) {
        await this.repairMounts(held);
        return true;
      }
      await this.reachTarget();
      rest = rest.slice(batch.scanned);
    }
    return entries.length > 0;
  }

  private async readEntries(): Promise<readonly LogEntry[]> {
    try {
      const entries = await this.deps.log.readBatch(this.sentIndex, this.batchEntries);
      this.adaptBatch(entries);
      this.deps.meter.read(entries.length);
      return entries;
    } catch (error) {
      if (error instanceof LogTruncated) await this.diverge("the log no longer reaches back to the secondary");
      throw error;
    }
  }

  /** Reads ahead about one frame's worth, whatever the entries' size. */
  private adaptBatch(entries: readonly LogEntry[]): void {
    if (entries.length === 0) return;
    const average = entries.reduce((sum, entry) => sum + entryBytes(entry), 0) / entries.length;
    const wanted = Math.ceil(this.deps.limits.frameBytes / average);
    this.batchEntries = Math.max(1, Math.min(this.deps.limits.batchEntries, wanted));
  }

  private upToTarget(entries: readonly LogEntry[]): readonly LogEntry[] {
    const { target } = this;
    const end = target === undefined ? -1 : entries.findIndex((entry) => entry.index === target.index);
    return end < 0 ? entries : entries.slice(0, end + 1);
  }

  /** One frame's worth of the entries; stops before one that turns a filter decision round. */
  private async nextBatch(
    entries: readonly LogEntry[],
  ): Promise<{ readonly batch: EntryBatch; readonly turned: boolean }> {
    if (this.scope.filter === undefined) return { batch: this.deps.unfiltered.take(entries), turned: false };
    const batch = new EntryBatch(this.deps.mode, this.deps.limits.frameBytes, this.scope.includes);
    for (const entry of entries) {
      if (batch.isFull) break;
      if (await this.scope.isTurnedBy(entry)) return { batch, turned: true };
      batch.add(entry);
    }
    return { batch, turned: false };
  }

  private async sendEntries(batch: EntryBatch, index: number): Promise<void> {
    const { entries } = batch;
    if (this.running !== undefined) this.running = addChecksums(this.running, batch.delta);
    const bytes = await this.port.send("entries", {
      followsIndex: this.sentIndex,
      entries,
      encoded: batch.encoded(),
      cursor: this.cursorAt(index, this.running ?? zeroChecksums()),
    });
    this.deps.meter.sent(entries.length, bytes);
    this.gathering.sent(batch.scanned);
    this.unacknowledgedBytes += bytes;
    this.sentIndex = index;
  }

  private cursorAt(index: number, checksums: Checksums): UpstreamCursor {
    return { clusterId: this.deps.log.clusterId, epoch: currentEpoch(this.deps.lineage()), index, checksums };
  }

  private setTarget(): void {
    this.target = {
      index: this.deps.log.lastIndex(),
      checksums: checksumsOf(this.deps.log, this.deps.mode, this.scope.includes),
    };
  }

  /** Once everything up to the target was sent, what was sent must add up to what the target held when it was taken. */
  private async reachTarget(): Promise<void> {
    const { target } = this;
    if (target === undefined || this.sentIndex < target.index) return;
    this.target = undefined;
    if (this.running !== undefined && !sameChecksums(this.running, target.checksums)) {
      await this.diverge("checksums differ");
    }
    if (this.running !== undefined && !this.verified) {
      this.verified = true;
      this.deps.progressed(this.view());
    }
    this.running = target.checksums;
    await this.port.send("checkpoint", {
      epoch: currentEpoch(this.deps.lineage()),
      index: target.index,
      checksums: target.checksums,
      lineage: this.deps.lineage(),
    });
  }

  private async diverge(reason: string): Promise<never> {
    await this.port.send("diverged", { reason });
    // Dropping the channel would overtake the frame, and the secondary would stream anew for ever: it ends the channel.
    const { clock, limits } = this.deps;
    const end = clock.monotonicMilliseconds() + limits.helloMilliseconds;
    while (this.failure === undefined && clock.monotonicMilliseconds() < end) {
      await this.wakeup.wait(end - clock.monotonicMilliseconds());
    }
    throw new Error(`the secondary has to reconcile: ${reason}`);
  }

  private presentMounts(): readonly string[] {
    return this.deps.log.index
      .mounts()
      .filter((mount) => mount.class === "replicated" && mount.mountId !== CORE_MOUNT_ID)
      .map((mount) => mount.mountId);
  }

  private async followScope(): Promise<void> {
    if (this.isScopeInForce()) return;
    const held = this.includedMounts();
    this.scope = this.deps.scopeOf(this.secondaryId);
    if (this.hello.building) throw new Error("the filter changed during the snapshot");
    await this.repairMounts(held);
  }

  /** Brings the secondary from the mounts that it holds to those that it should, which may change again meanwhile. */
  private async repairMounts(held: readonly string[]): Promise<void> {
    this.repairBytes = Number.POSITIVE_INFINITY;
    let whole = held;
    let begun: readonly string[] = [];
    for (;;) {
      const { scope } = this;
      await scope.decideAll(this.presentMounts(), true);
      const wanted = this.includedMounts();
      const add = new Set(wanted.filter((mountId) => !whole.includes(mountId)));
      const forget = [...whole, ...begun].filter((mountId) => !scope.includes(mountId));
      const makeRoom = (bytes: number): Promise<void> => this.makeRoom(bytes);
      const repair = new MountRepair(this.deps, this.port, scope, () => this.isScopeInForce(), makeRoom);
      const end = await repair.run(forget, add, this.sentIndex);
      if (end.kind === "whole") {
        this.sentIndex = end.index;
        this.running = end.checksums;
        this.target = undefined;
      }
      if (end.kind !== "outdated") break;
      whole = whole.filter((mountId) => !forget.includes(mountId));
      begun = [...new Set([...begun.filter((mountId) => !forget.includes(mountId)), ...add])];
      this.scope = this.deps.scopeOf(this.secondaryId);
    }
    this.repairBytes = this.unacknowledgedBytes;
  }

  private isScopeInForce(): boolean {
    return this.deps.scopeOf(this.secondaryId) === this.scope;
  }

  private includedMounts(): readonly string[] {
    return this.presentMounts().filter(this.scope.includes);
  }

  private async makeRoom(bytes: number): Promise<void> {
    this.unacknowledgedBytes += bytes;
    while (!this.hasRoom()) {
      this.throwIfOver();
      await this.beat();
      await this.pause();
    }
  }

  private async beat(): Promise<void> {
    if (this.heartbeat.dueInMilliseconds() > 0) return;
    const index = this.sentIndex;
    const heartbeat = this.heartbeat.next({
      epoch: currentEpoch(this.deps.lineage()),
      index,
      logIndex: this.deps.log.lastIndex(),
      canaryAgeMilliseconds: await backlogAgeMilliseconds(this.deps.log, this.deps.clock, index),
      apiAddress: this.deps.apiAddress,
      clusterAddresses: this.deps.clusterAddresses(),
    });
    this.sentHeartbeats.note({ ...momentOf(this.deps.clock), wallMilliseconds: heartbeat.sentAtMilliseconds });
    await this.port.send("heartbeat", heartbeat);
    if (this.target === undefined) this.setTarget();
  }

  private async listen(): Promise<void> {
    try {
      for (;;) {
        const received = await this.port.receive();
        if (received === undefined) throw new Error("the secondary ended the stream");
        this.lastFrameMilliseconds = this.deps.clock.monotonicMilliseconds();
        const { frame } = received;
        if (frame.kind === "heartbeat") this.hear(frame.body);
        else if (frame.kind === "ack") this.acknowledge(frame.body);
        else throw new PeerRefused("out_of_order", `unexpected ${frame.kind} frame`);
      }
    } catch (error) {
      this.failure ??= error instanceof Error ? error : new Error("stream failed");
      this.wakeup.notify();
    }
  }

  private hear(heartbeat: Heartbeat): void {
    this.heartbeat.received(heartbeat);
    const saidAfter = this.sentHeartbeats.sentAt(heartbeat.echoSentAtMilliseconds);
    const agrees = sameEpoch(heartbeat.epoch, currentEpoch(this.deps.lineage()));
    if (agrees && saidAfter !== undefined) this.deps.agrees(saidAfter);
  }

  private acknowledge(ack: { readonly index: number; readonly bytes: number }): void {
    if (ack.index > this.sentIndex || ack.bytes > this.unacknowledgedBytes) {
      throw new PeerRefused("out_of_order", "ack of what was not sent");
    }
    this.appliedIndex = Math.max(this.appliedIndex, ack.index);
    this.unacknowledgedBytes -= ack.bytes;
    this.repairBytes = Math.max(0, this.repairBytes - ack.bytes);
    this.deps.progressed(this.view());
    this.wakeup.notify();
  }
}
