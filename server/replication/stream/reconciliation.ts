import { mountEntryKey } from "../../sdk/key-layout";
import { compareLineage, currentEpoch, describeEpoch, sameEpoch } from "../../sdk/lineage";
import type { ClusterLog, Lineage, LogOperation, Origin, ReplicationMode, UpstreamCursor } from "../../sdk/log";
import { LogDivergence } from "../../sdk/log";
import type { FrameChannel } from "../../sdk/transport";
import { CLASSES_OF_MODE } from "../filter/entry-filter";
import { DiffClient } from "./diff-client";
import { DIFF_KEYS_MAX, type DiffAnswers } from "./diff-codec";
import { type Conflict, conflictsOf, differingMounts } from "./diff-compare";
import type { Asked } from "./diff-metrics";

export interface ReconciliationOptions {
  readonly mode: ReplicationMode;
  readonly log: ClusterLog;
  readonly lineage: Lineage;
  /** Our operator gave us this primary: what only we have is given up. */
  readonly rejoins: boolean;
  openChannel(): Promise<FrameChannel>;
  /** Before anything that differs is replaced by what the other cluster has. Only what we hold counts. */
  beforeRepair(
    other: { readonly lineage: Lineage; readonly clusterId: string },
    differing: () => Iterable<Conflict & { readonly isMountUnknown: boolean }>,
  ): Promise<void>;
  /** Called with every question. */
  readonly asked: Asked;
  /** Called whenever there is more to tell. */
  progressed(progress: ReconciliationProgress): void;
  /** Removes what this cluster keeps of its own for a mount that it no longer holds. */
  forgetOwn(mountId: string): Promise<void>;
  /** Removes mounts of which the primary has nothing for us, with what this cluster has of its own, whatever comes between. */
  giveUp(mountIds: readonly string[]): Promise<void>;
  /**
   * What is held is the other's at the cursor: takes its history and the place in it over, in one commit.
   * @throws LogDivergence when it is not
   */
  reached(lineage: Lineage, cursor: UpstreamCursor): Promise<void>;
}

export interface ReconciliationProgress {
  readonly phase: "diff" | "sync";
  /** Keys found to differ, and how many of them are as the primary has them by now. */
  readonly totalKeys: number;
  readonly syncedKeys: number;
}

/** The primary does not let us reconcile with it. */
export class ReconciliationRefused extends Error {
  constructor(reason: string) {
    super(`the primary refused: ${reason}`);
    this.name = "ReconciliationRefused";
  }
}

type Opened = Extract<DiffAnswers["open"], { refusal: undefined }>;

/** The first comparison sends a few bytes of each sum; what they hide shows in the checksums, and longer ones find it. */
const SUM_BYTES_OF_ATTEMPT = [5, 16] as const;
/** Conflicts kept in memory; more are met in another round. */
const CONFLICTS_MAX = 65_536;
const REPAIR_OPERATIONS = 512;
const REPAIR_BYTES = 2 * 1024 * 1024;

/**
 * Brings what this cluster holds to what its primary ships, without the rest: compares mounts, pages, leaves and keys,
 * fetches what differs, then replays what was written meanwhile up to a position whose checksums must be reached. Every
 * repair is a durable commit, so after an interruption only the rest differs.
 */
export class Reconciliation {
  private totalKeys = 0;
  private syncedKeys = 0;

  constructor(private readonly options: ReconciliationOptions) {}

  /** @throws ReconciliationRefused, LogDivergence when it did not help, TransportClosed, ServerError */
  async run(): Promise<void> {
    for (const [attempt, sumBytes] of SUM_BYTES_OF_ATTEMPT.entries()) {
      try {
        return await this.attempt(sumBytes);
      } catch (error) {
        if (!(error instanceof LogDivergence) || attempt === SUM_BYTES_OF_ATTEMPT.length - 1) throw error;
      }
    }
  }

  private async attempt(sumBytes: number): Promise<void> {
    const channel = await this.options.openChannel();
    try {
      const client = new DiffClient(channel, sumBytes, this.options.asked);
      while (await this.round(client, sumBytes));
      channel.end();
    } finally {
      channel.destroy();
    }
  }

  /** @returns whether there were more conflicts than one round takes */
  private async round(client: DiffClient, sumBytes: number): Promise<boolean> {
    const { log, mode, lineage, rejoins } = this.options;
    this.report("diff");
    const opened = await client.open(lineage, rejoins);
    if (opened.refusal !== undefined) throw new ReconciliationRefused(opened.refusal);
    this.requireFollowable(opened.lineage);
    const conflicts: Conflict[] = [];
    for (const place of differingMounts(log, CLASSES_OF_MODE[mode], opened.mounts)) {
      for await (const conflict of conflictsOf(log, client, place, sumBytes)) {
        conflicts.push(conflict);
        if (conflicts.length === CONFLICTS_MAX) break;
      }
      if (conflicts.length === CONFLICTS_MAX) break;
    }
    this.totalKeys += conflicts.length;
    await this.options.beforeRepair(opened, () => withMounts(conflicts, opened.mounts));
    const rest = await this.withoutGone(conflicts, opened.mounts);
    await this.sync(client, opened, rest);
    await this.forgetOwn(rest);
    if (conflicts.length === CONFLICTS_MAX) return true;
    await this.replay(client, opened);
    return false;
  }

  private async sync(client: DiffClient, opened: Opened, conflicts: readonly Conflict[]): Promise<void> {
    this.report("sync");
    const origin = { clusterId: opened.clusterId, index: opened.index };
    for (let at = 0; at < conflicts.length; ) {
      const group = groupAt(conflicts, at);
      const operations = await fetchGroup(client, group);
      await this.repair(origin, operations);
      at += operations.length;
      this.syncedKeys += operations.length;
      this.report("sync");
    }
  }

  /** What was written since the diff began, until nothing is left: then the checksums must be the primary's. */
  private async replay(client: DiffClient, opened: Opened): Promise<void> {
    const epoch = currentEpoch(opened.lineage);
    for (let from = opened.index; ; ) {
      const { operations, index, cursor } = await client.tail(from);
      await this.repair({ clusterId: opened.clusterId, index }, operations);
      from = index;
      if (cursor === undefined) continue;
      if (!sameEpoch(cursor.epoch, epoch)) throw new Error("another epoch began during the diff");
      return await this.options.reached(opened.lineage, cursor);
    }
  }

  private async repair(origin: Origin, operations: readonly LogOperation[]): Promise<void> {
    const { log, mode } = this.options;
    let part: LogOperation[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      if (part.length > 0) await log.applyRepair({ mode, origin, operations: part });
      [part, bytes] = [[], 0];
    };
    for (const operation of operations) {
      part.push(operation);
      bytes += operation.value?.length ?? 0;
      if (part.length >= REPAIR_OPERATIONS || bytes >= REPAIR_BYTES) await flush();
    }
    await flush();
  }

  /** Gives up the shared mounts that the primary does not send at all. @returns the conflicts in others */
  private async withoutGone(conflicts: readonly Conflict[], theirs: Opened["mounts"]): Promise<readonly Conflict[]> {
    if (this.options.mode === "dr") return conflicts;
    const gone = new Set<string>();
    for (const { key, mountId, exists, isMountUnknown } of withMounts(conflicts, theirs)) {
      if (isMountUnknown && !exists && key === mountEntryKey(mountId)) gone.add(mountId);
    }
    if (gone.size === 0) return conflicts;
    await this.options.giveUp([...gone]);
    const rest = conflicts.filter(({ mountId }) => !gone.has(mountId));
    this.syncedKeys += conflicts.length - rest.length;
    return rest;
  }

  /** A shared mount whose entry went leaves nothing of ours behind either. */
  private async forgetOwn(conflicts: readonly Conflict[]): Promise<void> {
    if (this.options.mode === "dr") return;
    for (const { key, mountId, exists } of conflicts) {
      if (!exists && key === mountEntryKey(mountId)) await this.options.forgetOwn(mountId);
    }
  }

  /** @throws ReconciliationRefused when the primary's history is older than ours, or branched off without our operator's will */
  private requireFollowable(theirs: Lineage): void {
    const relation = compareLineage(this.options.lineage, theirs);
    if (relation === "behind" || (relation === "forked" && !this.options.rejoins)) {
      throw new ReconciliationRefused(`it is in epoch ${describeEpoch(currentEpoch(theirs))}`);
    }
  }

  private report(phase: "diff" | "sync"): void {
    const { totalKeys, syncedKeys } = this;
    this.options.progressed({ phase, totalKeys, syncedKeys });
  }
}

function* withMounts(conflicts: readonly Conflict[], theirs: Opened["mounts"]) {
  const sent = new Set(theirs.map(({ mountId }) => mountId));
  for (const conflict of conflicts) yield { ...conflict, isMountUnknown: !sent.has(conflict.mountId) };
}

/** Conflicts of one class from `at`: what one request fetches. */
function groupAt(conflicts: readonly Conflict[], at: number): readonly Conflict[] {
  const keyClass = conflicts[at]?.class;
  const group: Conflict[] = [];
  for (let next = at; next < conflicts.length && group.length < DIFF_KEYS_MAX; next += 1) {
    const conflict = conflicts[next];
    if (conflict === undefined || conflict.class !== keyClass) break;
    group.push(conflict);
  }
  return group;
}

/** For the first conflicts of the group, as many as the primary answers at once. */
async function fetchGroup(client: DiffClient, group: readonly Conflict[]): Promise<readonly LogOperation[]> {
  const wanted = group.filter((conflict) => conflict.exists);
  const [first] = group;
  if (first === undefined) return [];
  const values =
    wanted.length === 0
      ? []
      : await client.values(
          first.class,
          wanted.map((conflict) => conflict.key),
        );
  if (wanted.length > 0 && values.length === 0) throw new Error("the primary answered no value");
  const operations: LogOperation[] = [];
  let taken = 0;
  for (const { class: keyClass, mountId, key, exists } of group) {
    if (exists && taken === values.length) break;
    operations.push({ class: keyClass, mountId, key, value: exists ? values[taken++] : undefined });
  }
  return operations;
}
