import type { GenerationBuilder } from "../../sdk/barrier";
import { isServerError } from "../../sdk/errors";
import type { ClusterLog, Lineage, ReplicationMode } from "../../sdk/log";
import { SerialTasks } from "../../sdk/serial-tasks";
import { CLASSES_OF_MODE } from "../filter/entry-filter";
import type { ReplicationDependencies } from "./dependencies";
import { DivergenceCollector } from "./divergence-collector";
import { commonIndexOf, damagedId, forkId, forkOf, ownEntriesAfter, unsentId } from "./divergence-fork";
import { DIVERGENCE_LIMITS, type DivergenceReport, type Fork } from "./divergence-records";
import type { DivergenceStore } from "./divergence-store";

/** The other history, and whose it is. */
export interface OtherHistory {
  readonly lineage: Lineage;
  readonly clusterId: string;
}

/** A key of ours that the other cluster holds otherwise or not at all. */
export interface DifferingKey {
  readonly class: "replicated" | "local";
  readonly mountId: string;
  readonly key: string;
  /** Nothing of its mount is sent to us. */
  readonly isMountUnknown: boolean;
}

export interface CaptureOptions {
  readonly deps: ReplicationDependencies;
  readonly store: DivergenceStore;
  lineage(mode: ReplicationMode): Lineage;
  /** Bytes of values that reports keep already. */
  keptBytes(): number;
  captured(report: DivergenceReport): void;
}

interface Collected {
  readonly collector: DivergenceCollector;
  /** Not everything of ours could be read. */
  damaged: boolean;
}

const EXPORT_KEYS = 512;
const EXPORT_BYTES = 4 * 1024 * 1024;

/**
 * Writes down what only this cluster had, before anything of it is removed. Once per fork: whatever is interrupted finds the
 * report there when it tries again.
 */
export class DivergenceCapture {
  private readonly tasks = new SerialTasks();

  constructor(private readonly options: CaptureOptions) {}

  /** From our log alone. @returns false where it no longer reaches back to the fork: then a comparison has to tell */
  fromLog(mode: ReplicationMode, other: OtherHistory): Promise<boolean> {
    return this.tasks.run(async () => {
      const fork = await this.newFork(mode, other);
      if (fork === undefined) return true;
      const index = await this.commonIndex(mode, fork.fork);
      const collected = index === undefined ? undefined : await this.collect(mode, other, index);
      if (collected === undefined || collected.damaged) return false;
      // Our history will be theirs before anybody compares what both hold.
      if (mode === "performance") await this.options.store.writeUnsent(mode, fork.fork);
      await this.finish(mode, fork, collected, "log");
      return true;
    });
  }

  /** From our log, and from what was found to differ where the log is too short or a mount is not sent to us. */
  fromDiff(
    mode: ReplicationMode,
    other: OtherHistory,
    differing: () => AsyncIterable<DifferingKey> | Iterable<DifferingKey>,
  ): Promise<void> {
    return this.tasks.run(async () => {
      const fork = await this.newFork(mode, other);
      if (fork === undefined) return await this.fromUnsent(mode, other, differing);
      const index = await this.commonIndex(mode, fork.fork);
      const collected = await this.collect(mode, other, index ?? this.log.lastIndex());
      const isKnownByLog = index !== undefined && !collected.damaged;
      await this.takeDiffering(collected, differing, (key) => !isKnownByLog || isUnsent(mode, key));
      await this.finish(mode, fork, collected, isKnownByLog ? "log" : "diff");
    });
  }

  /** Against a generation that is complete, beside the one in use. */
  async fromBuild(mode: ReplicationMode, other: OtherHistory, builder: GenerationBuilder): Promise<void> {
    if (!(await this.fromLog(mode, other))) await this.fromDiff(mode, other, () => this.differingFrom(mode, builder));
  }

  /** After a fork that was taken from the log alone: the mounts that the promoted cluster never had. */
  private async fromUnsent(
    mode: ReplicationMode,
    other: OtherHistory,
    differing: () => AsyncIterable<DifferingKey> | Iterable<DifferingKey>,
  ): Promise<void> {
    const { store } = this.options;
    const fork = await store.readUnsent(mode);
    if (fork === undefined) return;
    const collected = await this.collect(mode, other, this.log.lastIndex());
    await this.takeDiffering(collected, differing, (key) => isUnsent(mode, key));
    const seen = await store.readSeen(mode);
    await this.finish(mode, { fork, id: unsentId(mode, fork) }, collected, "diff");
    if (seen !== undefined) await store.writeSeen(mode, seen);
    await store.writeUnsent(mode, undefined);
  }

  private get log(): ClusterLog {
    return this.options.deps.core.log;
  }

  private async newFork(
    mode: ReplicationMode,
    other: OtherHistory,
  ): Promise<{ readonly fork: Fork; readonly id: string } | undefined> {
    const fork = forkOf(this.options.lineage(mode), other.lineage, this.log.clusterId);
    if (fork === undefined) return undefined;
    const id = (await unlessDamaged(() => forkId(this.log, mode, fork, other.clusterId))) ?? damagedId(mode, fork);
    return (await this.options.store.readSeen(mode)) === id ? undefined : { fork, id };
  }

  private commonIndex(mode: ReplicationMode, fork: Fork): Promise<number | undefined> {
    return unlessDamaged(() => commonIndexOf(this.log, mode, fork));
  }

  private async collect(mode: ReplicationMode, other: OtherHistory, index: number): Promise<Collected> {
    const { deps } = this.options;
    const collector = new DivergenceCollector({
      barrier: deps.core.barrier,
      mode,
      meanings: deps.meanings,
      mountPathOf: deps.mountPathOf,
      valueBytesMax: Math.max(0, DIVERGENCE_LIMITS.valueBytes - this.options.keptBytes()),
    });
    const isWhole = await unlessDamaged(async () => {
      const entries = ownEntriesAfter(this.log, mode, index, other.clusterId);
      for await (const entry of entries) await collector.takeEntry(entry);
      return true;
    });
    return { collector, damaged: isWhole === undefined };
  }

  private async takeDiffering(
    collected: Collected,
    differing: () => AsyncIterable<DifferingKey> | Iterable<DifferingKey>,
    isWanted: (key: DifferingKey) => boolean,
  ): Promise<void> {
    const isWhole = await unlessDamaged(async () => {
      for await (const key of differing()) if (isWanted(key)) await this.takeHeld(collected, key);
      return true;
    });
    if (isWhole === undefined) collected.damaged = true;
  }

  private async takeHeld(collected: Collected, { class: keyClass, mountId, key }: DifferingKey): Promise<void> {
    const found = await unlessDamaged(() => this.log.readCiphertexts(keyClass, [key]));
    if (found === undefined) collected.damaged = true;
    if (found !== undefined && found[0] === undefined) return;
    await collected.collector.takeHeld(keyClass, mountId, key, found?.[0]);
  }

  private async finish(
    mode: ReplicationMode,
    { fork, id }: { readonly fork: Fork; readonly id: string },
    { collector, damaged }: Collected,
    source: DivergenceReport["source"],
  ): Promise<void> {
    const { deps, store, captured } = this.options;
    // What this cluster encrypts with alone has to open what it wrote, for good.
    await deps.core.barrier.keepKeys(mode === "performance");
    const { rows, states, revocations, ...counts } = collector.result();
    if (rows.length === 0 && revocations.length === 0) return await store.writeSeen(mode, id);
    const report: DivergenceReport = {
      id,
      mode,
      ours: fork.ours,
      theirs: fork.theirs,
      source,
      createdAtMilliseconds: deps.clock.nowMilliseconds(),
      ...counts,
      paths: rows.length,
      keptValues: states.length,
      revocations: revocations.length,
      damaged,
    };
    await store.write({ report, rows, states, revocations });
    captured(report);
  }

  private async *differingFrom(mode: ReplicationMode, builder: GenerationBuilder): AsyncGenerator<DifferingKey> {
    for (let after: string | undefined; ; ) {
      const { pairs, next } = await this.log.exportChunk({
        classes: CLASSES_OF_MODE[mode],
        includeMount: () => true,
        after,
        limitPairs: EXPORT_KEYS,
        limitBytes: EXPORT_BYTES,
      });
      for (const keyClass of CLASSES_OF_MODE[mode]) {
        const own = pairs.filter((pair) => pair.class === keyClass);
        const keys = own.map(({ key }) => key);
        const theirs = keys.length === 0 ? [] : await builder.readCiphertexts(keyClass, keys);
        for (const [at, pair] of own.entries()) {
          if (theirs[at]?.equals(pair.value) !== true) yield { ...pair, isMountUnknown: false };
        }
      }
      if (next === undefined) return;
      after = next;
    }
  }
}

/** A filter may have kept a whole mount from the cluster that was promoted. */
function isUnsent(mode: ReplicationMode, key: DifferingKey): boolean {
  return mode === "performance" && key.isMountUnknown;
}

/** Undefined where something stored is damaged: the way back to the set must not end there. */
async function unlessDamaged<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isServerError(error, "corrupt")) throw error;
    return undefined;
  }
}
