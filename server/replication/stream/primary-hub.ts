import type { Generations } from "../../sdk/barrier";
import { wipeBootstrap } from "../../sdk/barrier";
import type { Clock } from "../../sdk/clock";
import type { ClusterLog, Lineage, ReplicationMode } from "../../sdk/log";
import type { Logger } from "../../sdk/logger";
import type { Metrics } from "../../sdk/metrics";
import type {
  FrameChannel,
  Peer,
  PeerConnection,
  RefusalReason,
  ServerCredentials,
  TransportGate,
} from "../../sdk/transport";
import { FRAME_BYTES_MAX, PeerRefused, TransportClosed } from "../../sdk/transport";
import type { MountScope } from "../filter/mount-scope";
import { askedChannel } from "./asked-channel";
import { BOOTSTRAP_CHANNEL, encodeBootstrap } from "./bootstrap-codec";
import { CatchUpQueue } from "./catch-up-queue";
import { CONTROL_BYTES_MAX, type Hello } from "./control-codec";
import { DIFF_CHANNEL, DIFF_REQUEST_BYTES_MAX } from "./diff-codec";
import { type Asked, questionTimer } from "./diff-metrics";
import { DiffServer } from "./diff-server";
import { SharedBatches } from "./entry-batch";
import { FramePort } from "./frame-port";
import { PROTOCOL_VERSION, type StreamLimits } from "./limits";
import { type Moment, momentOf } from "./moment";
import { PacedChannel } from "./paced-channel";
import { Refusals } from "./refusals";
import { StreamShipper } from "./shipper";
import type { ShipperDependencies, ShipperView } from "./shipper-dependencies";
import { CHUNKS_AHEAD, SNAPSHOT_CHANNEL, serveSnapshot } from "./snapshot";
import { ShippingMeter } from "./stream-metrics";

export const STREAM_CHANNEL = "stream";

/** Connections of one member. It uses one or two; more are those that it lost and we have not missed yet. */
const CONNECTIONS_PER_MEMBER_MAX = 8;
/** Longest frames that members send us; only forwarded requests carry values. */
const FRAME_BYTES: ReadonlyMap<string, number> = new Map([
  [STREAM_CHANNEL, CONTROL_BYTES_MAX],
  [DIFF_CHANNEL, DIFF_REQUEST_BYTES_MAX],
  [SNAPSHOT_CHANNEL, 64 * 1024],
  [BOOTSTRAP_CHANNEL, 64 * 1024],
]);

/** A living member of a set whose primary this cluster is. */
export interface Member {
  readonly mode: ReplicationMode;
  readonly id: string;
}

export type ChannelHandler = (channel: FrameChannel, member: Member) => Promise<void>;

/** What the hub has to know of this cluster's roles; asked anew every time. */
export interface HubRoles {
  credentialsOf(setId: string): ServerCredentials | undefined;
  memberOf(peer: Peer): Member | undefined;
  scopeOf(mode: ReplicationMode, secondaryId: string): MountScope;
  wasFiltered(mode: ReplicationMode, secondaryId: string): boolean;
  lineage(mode: ReplicationMode): Lineage;
  clusterAddresses(): readonly string[];
  /** A cluster that was replaced is followed by nobody. */
  isFenced(mode: ReplicationMode): boolean;
  newerLineageSeen(mode: ReplicationMode, lineage: Lineage): Promise<void>;
  /** A member is let in: what its hello says of it is true now. Nothing is sent to it before this resolves. */
  memberFollows(member: Member, hello: Hello, saidAfter: Moment): Promise<void>;
  /** A member was not let in. */
  memberRefused(member: Member, hello: Hello): Promise<void>;
  /** A member that follows us agrees with our history still. It said so after the moment. */
  memberAgrees(member: Member, saidAfter: Moment): void;
}

export interface HubDependencies {
  readonly log: ClusterLog;
  readonly generations: Generations;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly limits: StreamLimits;
  readonly apiAddress: string;
  readonly roles: HubRoles;
  /** Channels of other kinds: forwarded requests and calls. */
  readonly handlers: ReadonlyMap<string, ChannelHandler>;
}

/** The last that is known of a secondary, connected or not. */
export interface SecondaryView extends ShipperView {
  readonly connected: boolean;
}

/** Everything a primary does on the cluster port: lets members in, serves their channels, drops them when told. */
export class PrimaryHub implements TransportGate {
  /** When each connection stood: whatever comes over it was said later. */
  private readonly connectedAt = new WeakMap<Peer, Moment>();
  private readonly connections = new Map<string, Set<PeerConnection>>();
  private readonly shippers = new Map<string, StreamShipper>();
  private readonly lastViews = new Map<string, ShipperView>();
  private readonly progressListeners = new Set<() => void>();

  private readonly catchingUp: CatchUpQueue;
  private readonly refusals: Refusals;

  private readonly shipping: Readonly<Record<ReplicationMode, ShippingMeter>>;
  private readonly unfiltered: Readonly<Record<ReplicationMode, SharedBatches>>;
  private readonly diffAsked: Asked;

  constructor(private readonly deps: HubDependencies) {
    const { metrics, clock } = deps;
    const { frameBytes } = deps.limits;
    this.unfiltered = {
      performance: new SharedBatches("performance", frameBytes),
      dr: new SharedBatches("dr", frameBytes),
    };
    this.shipping = { performance: new ShippingMeter(metrics, "performance"), dr: new ShippingMeter(metrics, "dr") };
    this.diffAsked = questionTimer(metrics, clock, "served");
    this.catchingUp = new CatchUpQueue(deps.limits.catchUpConcurrency);
    this.refusals = new Refusals(deps.clock, deps.logger, deps.metrics);
  }

  credentialsOf(setId: string): ServerCredentials | undefined {
    return this.deps.roles.credentialsOf(setId);
  }

  admits(peer: Peer): boolean {
    return this.deps.roles.memberOf(peer) !== undefined;
  }

  connected(connection: PeerConnection): void {
    const member = this.deps.roles.memberOf(connection.peer);
    if (member === undefined) {
      connection.destroy();
      return;
    }
    this.connectedAt.set(connection.peer, momentOf(this.deps.clock));
    const key = keyOf(member.mode, member.id);
    const all = this.connections.get(key) ?? new Set();
    this.makeRoom(all, member);
    this.connections.set(key, all.add(connection));
    void connection.closed.then(() => all.delete(connection));
  }

  refused(reason: RefusalReason, address: string, detail = ""): void {
    this.refusals.note(reason, detail, { address });
  }

  /** A member asked for something that it may not have. */
  refusedMember({ mode, id: secondary }: Member, reason: RefusalReason, detail: string): void {
    this.refusals.note(reason, detail, { mode, secondary });
  }

  frameBytesMax(kind: string): number {
    return FRAME_BYTES.get(kind) ?? FRAME_BYTES_MAX;
  }

  async accept(channel: FrameChannel, peer: Peer): Promise<void> {
    const member = this.deps.roles.memberOf(peer);
    if (member === undefined) throw new Error("not a member");
    const { mode, id: secondary } = member;
    try {
      await this.serve(channel, member, this.connectedAt.get(peer) ?? momentOf(this.deps.clock));
    } catch (error) {
      this.refusals.noteFailure(error, { address: peer.address, mode, secondary, channel: channel.kind });
      throw error;
    }
  }

  private async serve(channel: FrameChannel, member: Member, connectedAt: Moment): Promise<void> {
    if (channel.kind === STREAM_CHANNEL) return await this.serveStream(channel, member, connectedAt);
    if (channel.kind === SNAPSHOT_CHANNEL) {
      return await this.inTurn(channel, member, CHUNKS_AHEAD, (paced) => this.serveSnapshot(paced, member));
    }
    if (channel.kind === DIFF_CHANNEL) {
      return await this.inTurn(channel, member, 0, (paced) => this.serveDiff(paced, member));
    }
    if (channel.kind === BOOTSTRAP_CHANNEL) return await this.serveBootstrap(channel, member);
    const handler = this.deps.handlers.get(channel.kind);
    if (handler === undefined) throw new PeerRefused("unknown_channel", `unknown channel kind ${channel.kind}`);
    await handler(channel, member);
  }

  /** Drops one secondary's connections at once. */
  drop(mode: ReplicationMode, id: string): void {
    const key = keyOf(mode, id);
    this.shippers.get(key)?.stop("the secondary was dropped");
    for (const connection of this.connections.get(key) ?? []) connection.destroy();
    this.lastViews.delete(key);
  }

  /** Ends the mode's streams; the connections stay, so that who knows more can tell it. */
  stopStreams(mode: ReplicationMode, reason: string): void {
    for (const [key, shipper] of this.shippers) if (key.startsWith(`${mode}/`)) shipper.stop(reason);
  }

  /** Drops everybody: this cluster is no longer the mode's primary. */
  dropAll(mode: ReplicationMode): void {
    for (const key of [...this.connections.keys()]) {
      if (key.startsWith(`${mode}/`)) this.drop(mode, key.slice(mode.length + 1));
    }
  }

  /** Filters or addresses changed: every stream looks again. */
  notify(): void {
    for (const shipper of this.shippers.values()) shipper.notify();
  }

  /** Where a secondary stands in the queue of those that wait for a diff or a snapshot; 0: it does not wait. */
  catchUpPosition(mode: ReplicationMode, id: string): number {
    return this.catchingUp.positionOf(keyOf(mode, id));
  }

  view(mode: ReplicationMode, id: string): SecondaryView | undefined {
    const key = keyOf(mode, id);
    const shipper = this.shippers.get(key);
    if (shipper !== undefined) return { ...shipper.view(), connected: true };
    const last = this.lastViews.get(key);
    return last === undefined ? undefined : { ...last, connected: false };
  }

  /** Called whenever a secondary has applied more or is gone. @returns the function that ends it */
  onProgress(listener: () => void): () => void {
    this.progressListeners.add(listener);
    return () => void this.progressListeners.delete(listener);
  }

  private asked(channel: FrameChannel, member: Member, askedAhead: number): FrameChannel {
    const { clock, roles } = this.deps;
    return askedChannel(channel, clock, (saidAfter) => roles.memberAgrees(member, saidAfter), askedAhead);
  }

  private async serveStream(channel: FrameChannel, member: Member, connectedAt: Moment): Promise<void> {
    const hello = await this.expectHello(channel, member);
    const key = keyOf(member.mode, member.id);
    this.shippers.get(key)?.stop("the secondary connected again");
    const shipper = new StreamShipper(this.shipperDependencies(member, connectedAt), member.id, hello, channel);
    this.shippers.set(key, shipper);
    this.deps.logger.log("info", "secondary connected", { mode: member.mode, secondary: member.id });
    try {
      await shipper.run();
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown";
      this.deps.logger.log("info", "secondary's stream ended", { mode: member.mode, secondary: member.id, reason });
      throw error;
    } finally {
      if (this.shippers.get(key) === shipper) {
        this.shippers.delete(key);
        // Who names no place to follow from asked for our history only: of what it holds nothing is known.
        if (hello.cursor !== undefined || hello.building) this.lastViews.set(key, shipper.view());
      }
      this.progressed();
    }
  }

  private async expectHello(channel: FrameChannel, member: Member): Promise<Hello> {
    let late = false;
    const timer = this.deps.clock.setTimer(this.deps.limits.helloMilliseconds, () => {
      late = true;
      channel.destroy();
    });
    try {
      const first = await new FramePort(channel).receive();
      if (first === undefined) throw new TransportClosed("the secondary ended the stream before its hello");
      if (first.frame.kind !== "hello") throw new PeerRefused("out_of_order", "a stream begins with a hello");
      const hello = first.frame.body;
      if (hello.mode === member.mode && hello.secondaryId === member.id) return hello;
      throw new PeerRefused("impostor", `the hello says ${hello.mode} secondary ${hello.secondaryId}`);
    } catch (error) {
      throw late ? new PeerRefused("hello_timeout", "no hello came in time") : error;
    } finally {
      timer.cancel();
    }
  }

  /** Diffs and snapshots are paced: a herd that returns is served a few at a time. */
  private async inTurn(
    channel: FrameChannel,
    member: Member,
    askedAhead: number,
    serve: (channel: FrameChannel) => Promise<void>,
  ): Promise<void> {
    const { clock, logger } = this.deps;
    const { mode, id: secondary } = member;
    const waits = (position: number): void => {
      const facts = { mode, secondary, position, channel: channel.kind };
      logger.log("info", "secondary waits for its turn to catch up", facts);
    };
    const paced = new PacedChannel(this.asked(channel, member, askedAhead), clock, () =>
      this.catchingUp.enter(keyOf(mode, secondary), waits, () => channel.destroy()),
    );
    try {
      await serve(paced);
    } finally {
      paced.over();
    }
  }

  private async serveSnapshot(channel: FrameChannel, { mode, id }: Member): Promise<void> {
    const { log, limits, roles } = this.deps;
    await serveSnapshot(log, mode, () => roles.scopeOf(mode, id), limits, channel);
  }

  private async serveDiff(channel: FrameChannel, { mode, id }: Member): Promise<void> {
    const { log, limits, roles, logger } = this.deps;
    const dependencies = {
      asked: this.diffAsked,
      mode,
      log,
      limits,
      lineage: () => roles.lineage(mode),
      scope: () => roles.scopeOf(mode, id),
      isFenced: () => roles.isFenced(mode),
      newerLineageSeen: (lineage: Lineage) => roles.newerLineageSeen(mode, lineage),
      refused: (detail: string) => this.refusedMember({ mode, id }, "stale_epoch", detail),
    };
    try {
      await new DiffServer(dependencies, channel).run();
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown";
      logger.log("warn", "secondary's diff ended", { mode, secondary: id, reason });
      throw error;
    }
  }

  private async serveBootstrap(channel: FrameChannel, { mode, id }: Member): Promise<void> {
    await channel.receive();
    const material = await this.deps.generations.exportBootstrap();
    const frame = encodeBootstrap({ material, lineage: this.deps.roles.lineage(mode) });
    wipeBootstrap(material);
    this.deps.logger.log("info", "secondary fetched the bootstrap package", { mode, secondary: id });
    await channel.send(frame);
    // Waits for the peer's end, so that the frame is not cut off by ours.
    await channel.receive();
  }

  private shipperDependencies(member: Member, connectedAt: Moment): ShipperDependencies {
    const { mode } = member;
    const { roles, log, clock, logger, limits, apiAddress } = this.deps;
    return {
      mode,
      log,
      clock,
      logger,
      limits,
      meter: this.shipping[mode],
      unfiltered: this.unfiltered[mode],
      apiAddress,
      lineage: () => roles.lineage(mode),
      scopeOf: (id) => roles.scopeOf(mode, id),
      wasFiltered: (id) => roles.wasFiltered(mode, id),
      clusterAddresses: () => roles.clusterAddresses(),
      isFenced: () => roles.isFenced(mode),
      newerLineageSeen: (lineage) => roles.newerLineageSeen(mode, lineage),
      follows: (hello) => roles.memberFollows(member, hello, connectedAt),
      agrees: (saidAfter) => roles.memberAgrees(member, saidAfter),
      progressed: () => this.progressed(),
      refused: (detail, hello) => {
        const reason = hello.protocol === PROTOCOL_VERSION ? "stale_epoch" : "protocol";
        this.refusedMember(member, reason, detail);
        return roles.memberRefused(member, hello);
      },
    };
  }

  private makeRoom(connections: Set<PeerConnection>, { mode, id: secondary }: Member): void {
    const [oldest] = connections;
    if (oldest === undefined || connections.size < CONNECTIONS_PER_MEMBER_MAX) return;
    const { address } = oldest.peer;
    this.refusals.note("too_many_connections", "the oldest was dropped", { address, mode, secondary });
    connections.delete(oldest);
    oldest.destroy();
  }

  private progressed(): void {
    for (const listener of [...this.progressListeners]) listener();
  }
}

function keyOf(mode: ReplicationMode, id: string): string {
  return `${mode}/${id}`;
}
