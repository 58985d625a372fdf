import type { FrameChannel, Peer, PeerConnection, TransportGate } from "../../server/sdk/transport";
import { TransportClosed } from "../../server/sdk/transport";
import type { NetworkHost, SimulatedNetwork } from "./simulated-network";
import { never } from "./simulated-storage";

export type LinkEnd = "client" | "server";

/** As the real transport has it: a peer that is asked for a sign of life and gives none is gone. */
const PING_MILLISECONDS = 5_000;
const SILENCE_MILLISECONDS_MAX = 20_000;

/** Frames on their way or not yet taken, per direction of a channel, before the sender has to wait. */
const PIPE_FRAMES_MAX = 8;

const otherEnd = (end: LinkEnd): LinkEnd => (end === "client" ? "server" : "client");

/** One connection: two ends that may differ in whether they think it stands. */
export class Link {
  private readonly broken = { client: false, server: false };
  private readonly channels = new Set<LinkedChannel>();
  /** What every frame takes longer on this connection. */
  lagMilliseconds = 0;
  private readonly closedPromises: Record<LinkEnd, Promise<void>>;
  private readonly heardMilliseconds: Record<LinkEnd, number>;
  private readonly resolveClosed: Record<LinkEnd, () => void> = { client: () => undefined, server: () => undefined };

  constructor(
    readonly network: SimulatedNetwork,
    readonly client: NetworkHost,
    readonly server: NetworkHost,
    private readonly gate: TransportGate,
    private readonly peer: Peer,
  ) {
    const closedAt = (end: LinkEnd): Promise<void> =>
      new Promise((resolve) => {
        this.resolveClosed[end] = resolve;
      });
    this.closedPromises = { client: closedAt("client"), server: closedAt("server") };
    const now = network.scheduler.nowMilliseconds;
    this.heardMilliseconds = { client: now, server: now };
    for (const end of ["client", "server"] as const) this.pingLater(end);
  }

  private pingLater(end: LinkEnd): void {
    this.network.scheduler.after(PING_MILLISECONDS, this.hostAt(end), "ping", () => this.ping(end));
  }

  private ping(end: LinkEnd): void {
    if (this.isBroken(end)) return;
    const { scheduler } = this.network;
    if (scheduler.nowMilliseconds - this.heardMilliseconds[end] > SILENCE_MILLISECONDS_MAX) {
      this.breakEnd(end);
      return;
    }
    this.pingLater(end);
    const far = otherEnd(end);
    this.sendTo(far, "pinged", () => {
      if (this.isBroken(far)) this.answerReset(end);
      else this.sendTo(end, "pong", () => this.heard(end));
    });
  }

  heard(end: LinkEnd): void {
    this.heardMilliseconds[end] = this.network.scheduler.nowMilliseconds;
  }

  hostAt(end: LinkEnd): NetworkHost {
    return end === "client" ? this.client : this.server;
  }

  endOf(host: NetworkHost): LinkEnd | undefined {
    if (this.client === host) return "client";
    return this.server === host ? "server" : undefined;
  }

  isBroken(end: LinkEnd): boolean {
    return this.broken[end] || !this.hostAt(end).alive;
  }

  connectionOf(end: LinkEnd): PeerConnection {
    return {
      peer: this.peer,
      open: (kind) => this.open(end, kind),
      destroy: () => this.closeFrom(end),
      closed: this.closedPromises[end],
    };
  }

  /** One end ends it; the other hears of it if the network lets it. */
  closeFrom(end: LinkEnd): void {
    this.breakEnd(end);
    this.sendTo(otherEnd(end), "reset", () => this.breakEnd(otherEnd(end)));
  }

  breakBoth(): void {
    this.breakEnd("client");
    this.breakEnd("server");
  }

  /** This end loses the connection; the other one knows nothing of it until it sends something. */
  breakEnd(end: LinkEnd): void {
    if (this.broken[end]) return;
    this.broken[end] = true;
    for (const channel of this.channels) channel.wake(end);
    if (this.hostAt(end).alive) this.resolveClosed[end]();
    if (this.isBroken("client") && this.isBroken("server")) this.network.forget(this);
  }

  /** Runs at the far end after the time the network takes, if the network lets it through now. @returns whether it does */
  sendTo(end: LinkEnd, label: string, run: () => void, notBeforeMilliseconds = 0): number | undefined {
    const [from, to] = [this.hostAt(otherEnd(end)).name, this.hostAt(end).name];
    if (this.network.isBlocked(from, to)) {
      const isOneWay = !this.network.isBlocked(to, from);
      this.network.felt(isOneWay ? "frames held up in one direction" : "frames held up in both directions");
      return undefined;
    }
    const { scheduler } = this.network;
    const arrival = Math.max(
      notBeforeMilliseconds,
      scheduler.nowMilliseconds + this.network.delay() + this.lagMilliseconds,
    );
    scheduler.after(arrival - scheduler.nowMilliseconds, this.hostAt(end), `${label} ${from}>${to}`, run);
    return arrival;
  }

  /** The network works again. */
  resume(): void {
    for (const channel of this.channels) channel.resume();
  }

  /** A frame for an end that is not there: the sender is told. */
  answerReset(sender: LinkEnd): void {
    this.sendTo(sender, "reset", () => this.breakEnd(sender));
  }

  /** The end still gets frames of a connection that the other end has given up for a new one. */
  isOvertaken(end: LinkEnd): boolean {
    return this.broken[otherEnd(end)] && this.network.hasLater(this);
  }

  forget(channel: LinkedChannel): void {
    this.channels.delete(channel);
  }

  private open(end: LinkEnd, kind: string): Promise<FrameChannel> {
    if (!this.hostAt(end).alive) return never();
    if (this.broken[end]) return Promise.reject(new TransportClosed("connection is closed"));
    const channel = new LinkedChannel(this, kind, end);
    this.channels.add(channel);
    return Promise.resolve(channel.sideOf(end));
  }

  /** The far end learns of a channel with its first frame. */
  accept(channel: LinkedChannel, end: LinkEnd): void {
    const side = channel.sideOf(end);
    if (!this.gate.admits(this.peer)) {
      this.closeFrom(end);
      return;
    }
    this.gate.accept(side, this.peer).then(
      () => side.end(),
      () => side.destroy(),
    );
  }
}

interface Parcel {
  readonly bytes: Buffer | undefined;
}

/** One direction of a channel. */
class Pipe {
  /** Sent and held up by the network. */
  readonly heldUp: Parcel[] = [];
  /** Arrived and not taken yet. */
  readonly arrived: Parcel[] = [];
  underWay = 0;
  lastArrivalMilliseconds = 0;
  wakeReceiver: () => void = () => undefined;
  private waitingSenders: (() => void)[] = [];

  /** Resolves when something was taken, or the channel changed. */
  room(): Promise<void> {
    return new Promise((resolve) => void this.waitingSenders.push(resolve));
  }

  wakeSender(): void {
    const waiting = this.waitingSenders;
    this.waitingSenders = [];
    for (const wake of waiting) wake();
  }

  get frames(): number {
    return this.heldUp.length + this.arrived.length + this.underWay;
  }
}

/** Both directions of a channel, and the two sides that use them. */
export class LinkedChannel {
  private readonly to = { client: new Pipe(), server: new Pipe() };
  private readonly dropped = { client: false, server: false };
  private accepted = false;

  constructor(
    private readonly link: Link,
    readonly kind: string,
    private readonly openedBy: LinkEnd,
  ) {}

  sideOf(end: LinkEnd): FrameChannel {
    return {
      kind: this.kind,
      send: (frame) => this.send(end, frame),
      receive: () => this.receive(end),
      end: () => this.push(otherEnd(end), { bytes: undefined }),
      destroy: () => this.destroy(end),
    };
  }

  wake(end: LinkEnd): void {
    this.to[end].wakeReceiver();
    this.to[otherEnd(end)].wakeSender();
  }

  resume(): void {
    for (const end of ["client", "server"] as const) {
      for (const parcel of this.to[end].heldUp.splice(0)) this.push(end, parcel);
    }
  }

  private async send(end: LinkEnd, frame: Buffer): Promise<void> {
    await this.requireOpen(end);
    const bytes = Buffer.from(frame);
    const far = otherEnd(end);
    this.link.network.tap(this.tapped(far, bytes));
    const pipe = this.to[far];
    this.push(far, { bytes });
    while (pipe.frames > PIPE_FRAMES_MAX) {
      await pipe.room();
      await this.requireOpen(end);
    }
  }

  private async receive(end: LinkEnd): Promise<Buffer | undefined> {
    const pipe = this.to[end];
    for (;;) {
      if (!this.link.hostAt(end).alive) return await never();
      const parcel = this.dropped[end] ? undefined : pipe.arrived[0];
      if (parcel !== undefined) {
        // The end of a channel stays there for whoever asks again.
        if (parcel.bytes === undefined) return undefined;
        pipe.arrived.shift();
        pipe.wakeSender();
        this.link.network.taken(this.tapped(end, parcel.bytes));
        return parcel.bytes;
      }
      await this.requireOpen(end);
      await new Promise<void>((resolve) => {
        pipe.wakeReceiver = resolve;
      });
    }
  }

  private tapped(to: LinkEnd, bytes: Buffer) {
    return { from: this.link.hostAt(otherEnd(to)).name, to: this.link.hostAt(to).name, kind: this.kind, bytes };
  }

  private push(end: LinkEnd, parcel: Parcel): void {
    const from = otherEnd(end);
    if (this.link.isBroken(from) || this.dropped[from]) return;
    const pipe = this.to[end];
    const label = parcel.bytes === undefined ? `end ${this.kind}` : `frame ${this.kind} ${parcel.bytes.length}`;
    const arrival =
      pipe.heldUp.length > 0
        ? undefined
        : this.link.sendTo(end, label, () => this.arrive(end, parcel), pipe.lastArrivalMilliseconds);
    if (arrival === undefined) {
      pipe.heldUp.push(parcel);
      return;
    }
    pipe.underWay += 1;
    pipe.lastArrivalMilliseconds = arrival;
    // A dead host takes nothing: what runs its events is gone, so the sender is told by its system or not at all.
    const host = this.link.hostAt(end);
    if (!host.alive && this.link.network.answersForTheDead(host)) this.link.answerReset(from);
  }

  private arrive(end: LinkEnd, parcel: Parcel): void {
    const pipe = this.to[end];
    pipe.underWay -= 1;
    if (this.link.isBroken(end)) {
      this.link.network.felt("frames for an end that had lost its connection");
      this.link.answerReset(otherEnd(end));
      return;
    }
    if (this.link.isOvertaken(end)) this.link.network.felt("frames of a connection that a later one had overtaken");
    this.link.heard(end);
    if (this.dropped[end]) return;
    pipe.arrived.push(parcel);
    if (!this.accepted && end !== this.openedBy) {
      this.accepted = true;
      this.link.accept(this, end);
    }
    pipe.wakeReceiver();
  }

  private destroy(end: LinkEnd): void {
    if (this.dropped[end] || this.link.isBroken(end)) return;
    const far = otherEnd(end);
    this.link.sendTo(far, "drop", () => this.dropAt(far), this.to[far].lastArrivalMilliseconds);
    this.dropAt(end);
  }

  private dropAt(end: LinkEnd): void {
    this.dropped[end] = true;
    this.wake(end);
    if (this.dropped.client && this.dropped.server) this.link.forget(this);
  }

  private async requireOpen(end: LinkEnd): Promise<void> {
    if (!this.link.hostAt(end).alive) return await never();
    if (this.dropped[end] || this.link.isBroken(end)) throw new TransportClosed("channel is closed");
  }
}
