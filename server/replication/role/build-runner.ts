import type { BootstrapMaterial, GenerationBuilder } from "../../sdk/barrier";
import { wipeBootstrap } from "../../sdk/barrier";
import { readDespiteFlips } from "../../sdk/damaged-reads";
import { isServerError } from "../../sdk/errors";
import { currentEpoch } from "../../sdk/lineage";
import type { Lineage, ReplicationMode, UpstreamCursor } from "../../sdk/log";
import { LogDivergence } from "../../sdk/log";
import type { PeerConnection } from "../../sdk/transport";
import { BOOTSTRAP_CHANNEL, decodeBootstrap } from "../stream/bootstrap-codec";
import { BuildTarget } from "../stream/build-target";
import type { Hello } from "../stream/control-codec";
import { type FollowerEnd, StreamFollower } from "../stream/follower";
import { PROTOCOL_VERSION } from "../stream/limits";
import { STREAM_CHANNEL } from "../stream/primary-hub";
import { zeroChecksums } from "../stream/running-checksums";
import { fetchSnapshot, SNAPSHOT_CHANNEL, SnapshotOutdated } from "../stream/snapshot";
import { BUILD_NOTES, type BuildRecord } from "./build-note";
import type { ReplicationDependencies } from "./dependencies";
import type { OtherHistory } from "./divergence-capture";
import { encodeActivationNote, type PrimaryLink } from "./records";
import { ACTIVATION_KEY, ReplicationStore } from "./replication-store";

/** Keys fetched of those that are to be. */
export interface SyncProgress {
  readonly totalKeys: number;
  readonly syncedKeys: number;
}

/** Builds a generation out of a primary's data: bootstrap package, snapshot, replay, activation. */
export class BuildRunner {
  /** Pairs imported since the build began or was resumed. */
  private importedPairs = 0;
  /** What the primary guessed that there are; 0: it was not asked since the build was resumed. */
  private expectedPairs = 0;
  private builder: GenerationBuilder | undefined;
  /** What is built is of no use any more. It stays until another build takes its place, or a restart would forget both. */
  private isOutdated = false;
  /** The set's history when the build began. */
  private lineage: Lineage = [];
  /** Sees to what the data in use has beside the new generation, which is complete. */
  beforeActivation: (other: OtherHistory, builder: GenerationBuilder) => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly deps: ReplicationDependencies,
    readonly mode: ReplicationMode,
    readonly setId: string,
    readonly link: PrimaryLink,
  ) {}

  /** The total is an estimate, never less than what was imported. */
  progress(): SyncProgress {
    return { totalKeys: Math.max(this.expectedPairs, this.importedPairs), syncedKeys: this.importedPairs };
  }

  /** An unfinished build of before the restart. One without the other of its two records is of no use: what is left is removed. */
  static async resume(deps: ReplicationDependencies): Promise<BuildRunner | undefined> {
    const builder = await deps.core.generations.resume();
    const record = await readRecord(deps);
    if (builder === undefined || record === undefined || record === "damaged" || record.mode !== builder.mode) {
      if (builder !== undefined || record !== undefined) await removeLeft(deps, builder);
      return undefined;
    }
    const runner = new BuildRunner(deps, record.mode, record.setId, record.link);
    runner.builder = builder;
    runner.lineage = record.lineage;
    return runner;
  }

  /** Fetches the bootstrap package and begins the build. @throws what hinders it, with a clear text */
  async begin(connection: PeerConnection): Promise<void> {
    const { material, lineage } = await fetchBootstrap(connection);
    try {
      await this.beginWith(material, lineage);
    } finally {
      wipeBootstrap(material);
    }
  }

  /** Goes on over this connection; `stood` is called once the primary has served us. @returns true once the new generation is activated */
  async run(connection: PeerConnection, stood: () => void = () => undefined): Promise<boolean> {
    if (this.builder === undefined || this.isOutdated) await this.begin(connection);
    let accepted = false;
    const served = (): void => {
      if (!accepted) stood();
      accepted = true;
    };
    const builder = this.requireBuilder();
    try {
      await fetchSnapshot(builder, BUILD_NOTES, await connection.open(SNAPSHOT_CHANNEL), (pairs, expected) => {
        served();
        this.importedPairs += pairs;
        this.expectedPairs = Math.max(this.expectedPairs, expected);
      });
      this.deps.logger.log("info", "snapshot fetched", { mode: this.mode, pairs: this.importedPairs });
      const end = await this.replay(connection, builder, served);
      if (end.kind === "complete") return true;
      if (end.kind === "refused") throw new Error(`the primary refused: ${end.reason}`);
      this.beginAgain(end.reason);
    } catch (error) {
      if (mustBeginAgain(error)) this.beginAgain(error instanceof Error ? error.message : "");
      throw error;
    }
    return false;
  }

  /**
   * Ends the build for good; nothing of it may be running. The record that names the primary goes first: a crash behind it
   * leaves a build without one, which is discarded at the next start.
   */
  async giveUp(reason: string): Promise<void> {
    this.deps.logger.log("info", "the build is given up", { mode: this.mode, reason });
    const { barrier } = this.deps.core;
    await barrier.commit([new ReplicationStore(barrier).deleteBuild()]);
    await this.builder?.discard();
    this.builder = undefined;
  }

  private beginAgain(reason: string): void {
    this.deps.logger.log("warn", "snapshot begins again", { mode: this.mode, reason });
    this.isOutdated = true;
    this.importedPairs = 0;
  }

  private async beginWith(material: BootstrapMaterial, lineage: Lineage): Promise<void> {
    const { mode, setId, link } = this;
    const { barrier, generations } = this.deps.core;
    // In one commit: a build is never taken up again with the credentials of another.
    const record = new ReplicationStore(barrier).putBuild({ mode, setId, link, lineage });
    this.builder = await generations.begin(mode, material, [record]);
    this.isOutdated = false;
    this.lineage = lineage;
    this.deps.logger.log("info", "snapshot begins", { mode, set: setId, secondary: link.secondaryId });
  }

  private requireBuilder(): GenerationBuilder {
    if (this.builder === undefined) throw new Error("no build is under way");
    return this.builder;
  }

  private async replay(
    connection: PeerConnection,
    builder: GenerationBuilder,
    started: () => void,
  ): Promise<FollowerEnd> {
    const { clock, settings } = this.deps;
    const target = new BuildTarget(builder, (cursor, lineage) => this.activate(builder, cursor, lineage));
    const dependencies = {
      clock,
      limits: settings.stream,
      apiAddress: settings.apiAddress,
      clusterAddresses: () => [settings.clusterAddress],
      applied: () => undefined,
      heard: () => undefined,
      welcomed: () => undefined,
      started,
      confirmed: () => Promise.resolve(),
    };
    const follower = new StreamFollower(dependencies, target, await connection.open(STREAM_CHANNEL));
    return await follower.run(this.hello(builder));
  }

  private hello(builder: GenerationBuilder): Hello {
    const { note, replayedIndex } = builder.progress();
    const { lineage } = this;
    return {
      protocol: PROTOCOL_VERSION,
      mode: this.mode,
      secondaryId: this.link.secondaryId,
      clusterId: this.deps.core.identity.id,
      apiAddress: this.deps.settings.apiAddress,
      clusterAddress: this.deps.settings.clusterAddress,
      lineage,
      cursor: {
        clusterId: BUILD_NOTES.clusterIdOf(note) ?? "",
        epoch: currentEpoch(lineage),
        index: replayedIndex,
        checksums: zeroChecksums(),
      },
      checksums: zeroChecksums(),
      mounts: [],
      rejoins: this.link.rejoins,
      building: true,
    };
  }

  private async activate(builder: GenerationBuilder, cursor: UpstreamCursor, lineage: Lineage): Promise<void> {
    await this.beforeActivation({ lineage, clusterId: cursor.clusterId }, builder);
    const link = { ...this.link, rejoins: false };
    const value = encodeActivationNote({ mode: this.mode, setId: this.setId, link });
    await builder.activate({
      cursor,
      // A DR secondary gets the history with the primary's other records; writing it again would make it differ.
      lineages: this.mode === "performance" ? { performance: lineage } : {},
      nodeKeys: [{ key: ACTIVATION_KEY, value }],
    });
  }
}

async function readRecord(deps: ReplicationDependencies): Promise<BuildRecord | "damaged" | undefined> {
  const { core, clock, logger } = deps;
  try {
    return await readDespiteFlips(clock, () => new ReplicationStore(core.barrier).readBuild());
  } catch (error) {
    if (!isServerError(error, "corrupt")) throw error;
    const message = "where the unfinished build of a secondary comes from cannot be read, it is given up";
    logger.log("error", message, { reason: error.message });
    return "damaged";
  }
}

/** In the order of `giveUp`. Nobody is kept from starting by it: what a failing disk keeps is found again at the next start. */
async function removeLeft({ core, logger }: ReplicationDependencies, builder: GenerationBuilder | undefined) {
  try {
    await core.barrier.commit([new ReplicationStore(core.barrier).deleteBuild()]);
    await builder?.discard();
  } catch (error) {
    logger.log("warn", "what is left of an unfinished build could not be removed yet", { reason: String(error) });
  }
}

/** @throws TransportClosed, MalformedFrame */
async function fetchBootstrap(connection: PeerConnection) {
  const channel = await connection.open(BOOTSTRAP_CHANNEL);
  await channel.send(Buffer.alloc(0));
  const frame = await channel.receive();
  if (frame === undefined) throw new Error("the primary gave no bootstrap package");
  channel.end();
  const bootstrap = decodeBootstrap(frame);
  frame.fill(0);
  return bootstrap;
}

function mustBeginAgain(error: unknown): boolean {
  return error instanceof LogDivergence || error instanceof SnapshotOutdated || isServerError(error, "corrupt");
}
