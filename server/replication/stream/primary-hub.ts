import type { Generations } from "../../sdk/barrier";
import { wipeBootstrap } from "../../sdk/barrier";
import type { Clock } from "../../sdk/clock";
import type { ClusterLog, Lineage, ReplicationMode } from "../../sdk/log";
import type { Logger } from "../../sdk/logger";
import type { FrameChannel, Peer, PeerConnection, ServerCredentials, TransportGate } from "../../sdk/transport";
import type { MountScope } from "../filter/mount-scope";
import { BOOTSTRAP_CHANNEL, encodeBootstrap } from "./bootstrap-codec";
import type { Hello } from "./control-codec";
import { DIFF_CHANNEL } from "./diff-codec";
import { DiffServer } from "./diff-server";
import { FramePort } from "./frame-port";
import type { StreamLimits } from "./limits";
import { type ShipperDependencies, type ShipperView, StreamShipper } from "./shipper";
import { SNAPSHOT_CHANNEL, serveSnapshot } from "./snapshot";

export const STREAM_CHANNEL = "stream";

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
  /** A member follows us: what its hello says of it is true now. */
  memberFollows(member: Member, hello: Hello): void;
}

export interface HubDependencies {
  readonly log: ClusterLog;
  readonly generations: Generations;
  readonly clock: Clock;
  readonly logger: Logger;
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
  private readonly connections = new Map<string, Set<PeerConnection>>();
  private readonly shippers = new Map<string, StreamShipper>();
  private readonly lastViews = new Map<string, ShipperView>();
  private readonly progressListeners = new Set<() => void>();

  constructor(private readonly deps: HubDependencies) {}

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
    const key = keyOf(member.mode, member.id);
    const all = this.connections.get(key) ?? new Set();
    this.connections.set(key, all.add(connection));
    void connection.closed.then(() => all.delete(connection));
  }

  refused(reason: string, address: string): void {
    this.deps.logger.log("warn", "refused a connection on the cluster port", { reason, address });
  }

  async accept(channel: FrameChannel, peer: Peer): Promise<void> {
    const member = this.deps.roles.memberOf(peer);
    if (member === undefined) throw new Error("not a member");
    if (channel.kind === STREAM_CHANNEL) return await this.serveStream(channel, member);
    if (channel.kind === SNAPSHOT_CHANNEL) return await this.serveSnapshot(channel, member);
    if (channel.kind === DIFF_CHANNEL) return await this.serveDiff(channel, member);
    if (channel.kind === BOOTSTRAP_CHANNEL) return await this.serveBootstrap(channel, member);
    const handler = this.deps.handlers.get(channel.kind);
    if (handler === undefined) throw new Error(`unknown channel kind ${channel.kind}`);
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

  private async serveStream(channel: FrameChannel, member: Member): Promise<void> {
    const hello = await this.expectHello(channel, member);
    const key = keyOf(member.mode, member.id);
    this.shippers.get(key)?.stop("the secondary connected again");
    const shipper = new StreamShipper(this.shipperDependencies(member), member.id, hello, channel);
    this.shippers.set(key, shipper);
    this.deps.logger.log("info", "secondary connected", { mode: member.mode, secondary: member.id });
    try {
      await shipper.run();
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown";
      this.deps.logger.log("info", "secondary's stream ended", { mode: member.mode, secondary: member.id, reason });
    } finally {
      if (this.shippers.get(key) === shipper) {
        this.shippers.delete(key);
        this.lastViews.set(key, shipper.view());
      }
      this.progressed();
    }
  }

  private async expectHello(channel: FrameChannel, member: Member): Promise<Hello> {
    const timer = this.deps.clock.setTimer(this.deps.limits.helloMilliseconds, () => channel.destroy());
    try {
      const first = await new FramePort(channel).receive();
      if (first?.frame.kind !== "hello") throw new Error("a stream begins with a hello");
      const hello = first.frame.body;
      if (hello.mode !== member.mode || hello.secondaryId !== member.id) throw new Error("hello of somebody else");
      return hello;
    } finally {
      timer.cancel();
    }
  }

  private async serveSnapshot(channel: FrameChannel, { mode, id }: Member): Promise<void> {
    const { log, limits, roles } = this.deps;
    await serveSnapshot(log, mode, () => roles.scopeOf(mode, id), limits, channel);
  }

  private async serveDiff(channel: FrameChannel, { mode, id }: Member): Promise<void> {
    const { log, limits, roles, logger } = this.deps;
    const dependencies = {
      mode,
      log,
      limits,
      lineage: () => roles.lineage(mode),
      scope: () => roles.scopeOf(mode, id),
      isFenced: () => roles.isFenced(mode),
      newerLineageSeen: (lineage: Lineage) => roles.newerLineageSeen(mode, lineage),
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

  private shipperDependencies(member: Member): ShipperDependencies {
    const { mode } = member;
    const { roles, log, clock, logger, limits, apiAddress } = this.deps;
    return {
      mode,
      log,
      clock,
      logger,
      limits,
      apiAddress,
      lineage: () => roles.lineage(mode),
      scopeOf: (id) => roles.scopeOf(mode, id),
      wasFiltered: (id) => roles.wasFiltered(mode, id),
      clusterAddresses: () => roles.clusterAddresses(),
      isFenced: () => roles.isFenced(mode),
      newerLineageSeen: (lineage) => roles.newerLineageSeen(mode, lineage),
      follows: (hello) => roles.memberFollows(member, hello),
      progressed: () => this.progressed(),
    };
  }

  private progressed(): void {
    for (const listener of [...this.progressListeners]) listener();
  }
}

function keyOf(mode: ReplicationMode, id: string): string {
  return `${mode}/${id}`;
}
