import { currentEpoch } from "../../sdk/lineage";
import type { Lineage, ReplicationMode, UpstreamCursor } from "../../sdk/log";
import { CursorMismatch, LogDivergence } from "../../sdk/log";
import type { FrameChannel, PeerConnection } from "../../sdk/transport";
import type { Hello, Welcome } from "../stream/control-codec";
import { StreamFollower } from "../stream/follower";
import type { PeerFacts } from "../stream/heartbeat-exchange";
import { PROTOCOL_VERSION } from "../stream/limits";
import { heldChecksums, LiveTarget } from "../stream/live-target";
import { MeteredTarget } from "../stream/metered-target";
import { STREAM_CHANNEL } from "../stream/primary-hub";
import { type ConnectionState, PrimaryConnector } from "../stream/primary-link";
import { AppliedIndex } from "./applied-index";
import type { ReplicationDependencies } from "./dependencies";
import { type FollowerEvent, type FollowerState, nextFollowerState } from "./follower-machine";
import type { PrimaryLink } from "./records";
import { startingCursor } from "./starting-cursor";

export interface SecondaryRunnerOptions {
  readonly mode: ReplicationMode;
  readonly setId: string;
  link(): PrimaryLink;
  lineage(): Lineage;
  /** Of a promoted cluster that was met, and whose content is not here yet. */
  laterLineage(): Lineage | undefined;
  /** A primary with this history was met. */
  met(lineage: Lineage): void;
  adopt(lineage: Lineage, cursor: UpstreamCursor): Promise<void>;
  /** A stream stands. What it brings may still turn out not to fit. */
  streams(): Promise<void>;
  addressesLearned(addresses: readonly string[]): void;
  /** Whether what is held is known to be what the primary held at one moment. */
  isSettled(): boolean;
  /** The primary's checkpoint says so. */
  confirmed(): Promise<void>;
  /** The primary brings us to other mounts than we hold: what is held is in doubt, on record, until `repaired`. */
  repairing(): Promise<void>;
  /** @throws LogDivergence when what is held is not the primary's at the cursor */
  repaired(cursor: UpstreamCursor): Promise<void>;
  /** Removes mounts for good. */
  giveUp(mountIds: readonly string[]): Promise<void>;
  /** Nothing is left of what was given up earlier. */
  finishGivingUp(): Promise<void>;
  /** What is held cannot be brought up to date by streaming. Resolves when it was seen to. */
  reconcile(connection: PeerConnection, syncing: () => void): Promise<void>;
}

/** Over one connection; then the pauses between attempts begin to grow. */
const RECONCILIATIONS_MAX = 3;
const STOPPED = "replication was stopped";

/** Follows the primary for as long as this cluster is a secondary. */
export class SecondaryRunner {
  readonly startedAtMilliseconds: number;
  readonly applied: AppliedIndex;
  private readonly connector: PrimaryConnector;
  private current: FollowerState = "idle";
  private follower: StreamFollower | undefined;
  private lastPeer: PeerFacts | undefined;
  /** The last stream in which a heartbeat came: its canary goes on ageing when the link is lost. */
  private heard: StreamFollower | undefined;
  /** Where the primary's log ended at its last heartbeat; undefined: none came yet. */
  upstreamIndex: number | undefined;
  /** At the last heartbeat the oldest entry that was not here had waited for longer than heartbeats are apart. */
  private isBacklogged = false;
  private attempts = 0;
  private isStopping = false;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly options: SecondaryRunnerOptions,
  ) {
    this.startedAtMilliseconds = deps.clock.nowMilliseconds();
    this.applied = new AppliedIndex(deps.clock);
    const { transport, clock, random } = deps;
    this.connector = new PrimaryConnector({
      transport,
      clock,
      random,
      logger: deps.logger,
      setId: options.setId,
      credentials: options.link().credentials,
      addresses: () => this.addresses(),
      session: (connection, stood) => this.session(connection, stood),
    });
  }

  get state(): FollowerState {
    return this.current;
  }

  get connectionState(): ConnectionState {
    return this.connector.state;
  }

  /** The address that answered last. */
  get address(): string | undefined {
    return this.connector.address;
  }

  peer(): PeerFacts | undefined {
    return this.follower?.peer() ?? this.lastPeer;
  }

  /** Undefined: since this cluster started no heartbeat came. */
  canaryAgeMilliseconds(): number | undefined {
    return this.heard?.canaryAgeMilliseconds();
  }

  /** Entries of the primary's log that are not here yet, as far as its last heartbeat told. Undefined: none came yet. */
  entriesBehind(): number | undefined {
    return this.upstreamIndex === undefined ? undefined : Math.max(0, this.upstreamIndex - this.applied.index);
  }

  start(): void {
    this.connector.start();
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.follower?.stop();
    await this.connector.stop();
    this.move("stopped", STOPPED);
  }

  kick(): void {
    this.connector.kick();
  }

  /** @throws TransportClosed */
  open(kind: string): Promise<FrameChannel> {
    return this.connector.open(kind);
  }

  /**
   * Whether everything that the primary was last known to have is here. Without a link that is what its last heartbeat said;
   * before the first attempt to reach it nothing is known. What was written in the moment of that heartbeat, and was on its
   * way, does not count: in a planned failover of performance replication it is the old primary's own.
   */
  isCaughtUp(): boolean {
    if (!this.options.isSettled() || this.current === "merkle-diff" || this.current === "merkle-sync") return false;
    const tried = this.current === "stream-wals" || this.attempts > 0 || this.connectionState === "transient_failure";
    return tried && !(this.isBacklogged && this.applied.index < (this.upstreamIndex ?? 0));
  }

  private addresses(): readonly string[] {
    const { primaryClusterAddress, knownAddresses } = this.options.link();
    const last = this.connector.address;
    return [...new Set([...(last === undefined ? [] : [last]), primaryClusterAddress, ...knownAddresses])];
  }

  private async session(connection: PeerConnection, stood: () => void): Promise<boolean> {
    let ended = "the stream ended";
    try {
      for (let attempt = 0; attempt < RECONCILIATIONS_MAX; attempt += 1) {
        const reason = await this.stream(await connection.open(STREAM_CHANNEL), stood);
        if (reason === undefined) return false;
        this.move("reconcile", reason);
        await this.options.reconcile(connection, () => this.move("sync", "what differs is fetched"));
      }
      throw new Error("still different after reconciling");
    } catch (error) {
      ended = error instanceof Error ? error.message : "unknown failure";
      throw error;
    } finally {
      this.attempts += 1;
      this.lastPeer = this.follower?.peer() ?? this.lastPeer;
      this.follower = undefined;
      this.move("disconnected", this.isStopping ? STOPPED : ended);
    }
  }

  /** @returns why a reconciliation is needed, if it is */
  private async stream(channel: FrameChannel, stood: () => void): Promise<string | undefined> {
    const { mode } = this.options;
    const { metrics, clock } = this.deps;
    const metered = new MeteredTarget(this.target(), metrics, clock, mode);
    this.follower = new StreamFollower(this.followerDependencies(stood), metered, channel);
    try {
      const end = await this.follower.run(await this.hello());
      if (end.kind === "refused") throw new Error(`the primary refused: ${end.reason}`);
      return end.kind === "reconcile" ? end.reason : undefined;
    } catch (error) {
      if (error instanceof LogDivergence || error instanceof CursorMismatch) return error.message;
      throw error;
    }
  }

  private target(): LiveTarget {
    const { mode, adopt, repairing, repaired, giveUp } = this.options;
    return new LiveTarget({
      mode,
      log: this.deps.core.log,
      adopt,
      repairing: async () => {
        this.move("repair", "mounts that its filter lets through now are brought over");
        await repairing();
      },
      repaired: async (cursor) => {
        await repaired(cursor);
        this.move("streaming", `it holds the mounts that it gets, at the primary's index ${cursor.index}`);
      },
      giveUp: async (mountIds) => {
        this.move("repair", "mounts that its filter leaves out now are removed");
        await giveUp(mountIds);
      },
    });
  }

  private followerDependencies(stood: () => void) {
    const { clock, settings } = this.deps;
    return {
      clock,
      limits: settings.stream,
      apiAddress: settings.apiAddress,
      clusterAddresses: () => [settings.clusterAddress],
      applied: (index: number) => this.applied.reached(index),
      heard: (facts: PeerFacts, _sentIndex: number, logIndex: number) => {
        this.upstreamIndex = logIndex;
        const { heardAtMilliseconds = 0, canaryAtMilliseconds = heardAtMilliseconds } = facts;
        this.isBacklogged = heardAtMilliseconds - canaryAtMilliseconds > settings.stream.heartbeatMilliseconds;
        this.heard = this.follower;
        this.options.addressesLearned(facts.clusterAddresses);
      },
      confirmed: async () => {
        await this.options.confirmed();
        this.move("streaming", "the primary's checkpoint confirmed what is held");
        // Who waits for an index has not been told that it counts now.
        this.applied.reached(this.applied.index);
      },
      welcomed: ({ lineage }: Welcome) => this.options.met(lineage),
      started: (welcome: Welcome) => {
        this.applied.begin({ epoch: currentEpoch(welcome.lineage), index: welcome.index });
        // A guessed position is one that the first checkpoint has confirmed.
        if (this.options.isSettled()) {
          this.move("streaming", `the primary streams from its index ${welcome.index}`);
        }
        stood();
        this.options.streams().catch((error: Error) => {
          this.deps.logger.log("warn", "a build was not given up", { mode: this.options.mode, reason: error.message });
        });
      },
    };
  }

  private async hello(): Promise<Hello> {
    const { mode } = this.options;
    await this.options.finishGivingUp();
    const { log, identity } = this.deps.core;
    const link = this.options.link();
    const laterLineage = this.options.laterLineage();
    return {
      protocol: PROTOCOL_VERSION,
      mode,
      secondaryId: link.secondaryId,
      clusterId: identity.id,
      apiAddress: this.deps.settings.apiAddress,
      clusterAddress: this.deps.settings.clusterAddress,
      lineage: this.options.lineage(),
      ...(laterLineage === undefined ? {} : { laterLineage }),
      cursor: await startingCursor(log, mode, this.options.lineage()),
      checksums: heldChecksums(log, mode),
      mounts: log.index
        .mounts()
        .filter((mount) => mount.class === "replicated" && mount.mountId !== "core")
        .map((mount) => mount.mountId),
      rejoins: link.rejoins,
      building: false,
    };
  }

  private move(event: FollowerEvent, reason: string): void {
    const next = nextFollowerState(this.current, event);
    if (next === this.current) return;
    const facts = { mode: this.options.mode, from: this.current, to: next, reason };
    this.deps.logger.log("info", "replication state changed", facts);
    this.current = next;
  }
}

const FORGET_PAGE = 512;

/** Removes what this cluster keeps of its own (class `local`) for a mount that it may no longer have. */
export async function forgetLocalData(deps: ReplicationDependencies, mountId: string): Promise<void> {
  const view = deps.core.barrier.view(`data/${mountId}/`, "local");
  for (;;) {
    const keys = await view.listAll("", { limit: FORGET_PAGE });
    if (keys.length === 0) return;
    // What comes from the primary is no client's write: nothing holds it back.
    await deps.core.barrier.commit(
      keys.map((key) => view.delete(key)),
      { passesGate: true },
    );
  }
}
