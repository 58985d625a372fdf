import type { Clock } from "../../sdk/clock";
import { compareLineage, currentEpoch, describeEpoch, sameEpoch } from "../../sdk/lineage";
import type { Epoch } from "../../sdk/log";
import type { FrameChannel } from "../../sdk/transport";
import type { Checkpoint, Hello, Welcome } from "./control-codec";
import { FramePort } from "./frame-port";
import type { EntriesFrame, RepairFrame, StreamFrame } from "./frames";
import { HeartbeatExchange, type PeerFacts } from "./heartbeat-exchange";
import type { StreamLimits } from "./limits";

/** Where what is streamed goes: the data in use, or a generation that is being built. */
export interface FollowerTarget {
  /** The primary lets us stream from here on: adopt its history and numbering. */
  begin(welcome: Welcome): Promise<void>;
  applyEntries(frame: EntriesFrame): Promise<void>;
  applyRepair(frame: RepairFrame): Promise<void>;
  forget(mountIds: readonly string[]): Promise<void>;
  /** @returns true when the target is complete and the stream shall end */
  checkpoint(checkpoint: Checkpoint): Promise<boolean>;
}

export interface FollowerDependencies {
  readonly clock: Clock;
  readonly limits: StreamLimits;
  readonly apiAddress: string;
  clusterAddresses(): readonly string[];
  /** Everything up to `index` of the primary's log is applied, durably. */
  applied(index: number): void;
  /** A heartbeat came, and what it tells of the primary: its addresses, what it had sent, and where its log ended. */
  heard(facts: PeerFacts, sentIndex: number, logIndex: number): void;
  /** What is held is what the primary held at the checkpoint. */
  confirmed(): Promise<void>;
  /** The primary has answered, whatever it lets us do. */
  welcomed(welcome: Welcome): void;
  /** The stream stands: the welcome was accepted. */
  started(welcome: Welcome): void;
}

export type FollowerEnd =
  | { readonly kind: "complete" }
  | { readonly kind: "reconcile"; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string };

/** Follows one primary over one `stream` channel until it breaks, ends or has to reconcile. */
export class StreamFollower {
  private readonly port: FramePort;
  private readonly heartbeat: HeartbeatExchange;
  private appliedIndex = 0;
  private epoch: Epoch = { number: 0, clusterId: "" };
  private lastFrameMilliseconds: number;
  private readonly over = new AbortController();

  constructor(
    private readonly deps: FollowerDependencies,
    private readonly target: FollowerTarget,
    channel: FrameChannel,
  ) {
    this.port = new FramePort(channel);
    this.heartbeat = new HeartbeatExchange(deps.clock, deps.limits.heartbeatMilliseconds);
    this.lastFrameMilliseconds = deps.clock.monotonicMilliseconds();
  }

  peer(): PeerFacts {
    return this.heartbeat.facts();
  }

  canaryAgeMilliseconds(): number | undefined {
    return this.heartbeat.canaryAgeMilliseconds();
  }

  stop(): void {
    this.over.abort();
    this.port.destroy();
  }

  /** @throws TransportClosed, LogDivergence, CursorMismatch, ServerError, or why a frame is malformed */
  async run(hello: Hello): Promise<FollowerEnd> {
    await this.port.send("hello", hello);
    const welcome = await this.expectWelcome();
    this.deps.welcomed(welcome);
    if (welcome.action === "refuse") return { kind: "refused", reason: welcome.reason };
    if (welcome.action === "reconcile") return { kind: "reconcile", reason: welcome.reason };
    this.epoch = this.agreedEpoch(welcome, hello);
    await this.target.begin(welcome);
    this.appliedIndex = welcome.index;
    this.deps.started(welcome);
    const beating = this.beat();
    try {
      return await this.follow();
    } finally {
      this.stop();
      await beating;
    }
  }

  private async expectWelcome(): Promise<Welcome> {
    const first = await this.port.receive();
    if (first?.frame.kind !== "welcome") throw new Error("the primary did not answer the hello");
    return first.frame.body;
  }

  private async follow(): Promise<FollowerEnd> {
    for (;;) {
      const received = await this.port.receive();
      if (received === undefined) throw new Error("the primary ended the stream");
      this.lastFrameMilliseconds = this.deps.clock.monotonicMilliseconds();
      const end = await this.take(received.frame, received.bytes);
      if (end !== undefined) return end;
    }
  }

  private async take(frame: StreamFrame, bytes: number): Promise<FollowerEnd | undefined> {
    switch (frame.kind) {
      case "entries":
        this.requireEpoch(frame.body.cursor.epoch);
        if (frame.body.followsIndex !== this.appliedIndex) throw new Error("an entries frame is missing");
        await this.target.applyEntries(frame.body);
        await this.acknowledge(frame.body.cursor.index, bytes);
        return undefined;
      case "repair":
        if (frame.body.cursor !== undefined) this.requireEpoch(frame.body.cursor.epoch);
        await this.target.applyRepair(frame.body);
        await this.acknowledge(frame.body.cursor?.index ?? this.appliedIndex, bytes);
        return undefined;
      case "forget":
        await this.target.forget(frame.body.mountIds);
        await this.acknowledge(this.appliedIndex, bytes);
        return undefined;
      case "checkpoint":
        this.requireEpoch(frame.body.epoch);
        if (await this.target.checkpoint(frame.body)) return { kind: "complete" };
        await this.deps.confirmed();
        return undefined;
      case "heartbeat":
        this.requireEpoch(frame.body.epoch);
        this.heartbeat.received(frame.body);
        this.deps.heard(this.heartbeat.facts(), frame.body.index, frame.body.logIndex);
        return undefined;
      case "diverged":
        return { kind: "reconcile", reason: frame.body.reason };
      default:
        throw new Error(`unexpected ${frame.kind} frame`);
    }
  }

  /** @throws when the primary's history is older than ours, or branched off from it without our operator's will */
  private agreedEpoch(welcome: Welcome, hello: Hello): Epoch {
    const relation = compareLineage(hello.lineage, welcome.lineage);
    if (relation === "behind" || (relation === "forked" && !hello.rejoins)) {
      const theirs = describeEpoch(currentEpoch(welcome.lineage));
      throw new Error(
        `the primary is in epoch ${theirs}, this cluster in ${describeEpoch(currentEpoch(hello.lineage))}`,
      );
    }
    return currentEpoch(welcome.lineage);
  }

  /** Nothing of another epoch than the one agreed on in the handshake is applied. */
  private requireEpoch(epoch: Epoch): void {
    if (!sameEpoch(this.epoch, epoch)) {
      throw new Error(`frame of epoch ${describeEpoch(epoch)}, ours is ${describeEpoch(this.epoch)}`);
    }
  }

  private async acknowledge(index: number, bytes: number): Promise<void> {
    this.appliedIndex = index;
    this.deps.applied(index);
    await this.port.send("ack", { index, bytes });
  }

  private async beat(): Promise<void> {
    while (!this.over.signal.aborted) {
      const silence = this.deps.clock.monotonicMilliseconds() - this.lastFrameMilliseconds;
      if (silence > this.deps.limits.silenceMilliseconds) this.stop();
      try {
        if (this.heartbeat.dueInMilliseconds() <= 0) await this.sendHeartbeat();
        await this.deps.clock.sleep(Math.max(1, this.heartbeat.dueInMilliseconds()), this.over.signal);
      } catch {
        return;
      }
    }
  }

  private async sendHeartbeat(): Promise<void> {
    const heartbeat = this.heartbeat.next({
      epoch: this.epoch,
      index: this.appliedIndex,
      logIndex: this.appliedIndex,
      canaryAgeMilliseconds: Math.round(this.heartbeat.canaryAgeMilliseconds() ?? 0),
      apiAddress: this.deps.apiAddress,
      clusterAddresses: this.deps.clusterAddresses(),
    });
    await this.port.send("heartbeat", heartbeat);
  }
}
