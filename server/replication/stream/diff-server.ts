import { mountIdOfKey } from "../../sdk/key-layout";
import { currentEpoch, sameEpoch } from "../../sdk/lineage";
import type { ClusterLog, Epoch, Lineage, LoggedClass, LogOperation, ReplicationMode } from "../../sdk/log";
import { LogTruncated } from "../../sdk/log";
import { type FrameChannel, PeerRefused } from "../../sdk/transport";
import { CLASSES_OF_MODE, filterEntry } from "../filter/entry-filter";
import type { MountScope } from "../filter/mount-scope";
import {
  type DiffAnswers,
  type DiffRequest,
  decodeDiffRequest,
  encodeElements,
  encodeNodes,
  encodeOpenAnswer,
  encodeTail,
  encodeValues,
  type IndexPlace,
} from "./diff-codec";
import type { Asked } from "./diff-metrics";
import type { StreamLimits } from "./limits";
import { entryBytes } from "./record-codec";
import { checksumsOf } from "./running-checksums";
import { REPLACED, refusalOf } from "./start-plan";

export interface DiffServerDependencies {
  /** Called with every question. */
  readonly asked: Asked;
  readonly mode: ReplicationMode;
  readonly log: ClusterLog;
  readonly limits: StreamLimits;
  lineage(): Lineage;
  /** The secondary's filter as it is now; a new object after each change. */
  scope(): MountScope;
  isFenced(): boolean;
  newerLineageSeen(lineage: Lineage): Promise<void>;
  /** The secondary was told that it cannot compare itself with us, for this reason. */
  refused(reason: string): void;
}

/** Keys looked at for one answer. */
const WALK_KEYS = 8_192;
/** Values read together: each may be large. */
const VALUES_AT_ONCE = 32;
const MOVED = "a mount was moved during the diff to where the filter says otherwise";

/** The primary's side of a diff. Answers one question after the other, in bounded frames, and keeps nothing between them. */
export class DiffServer {
  private epoch: Epoch | undefined;
  private readonly scopeAtStart: MountScope;

  constructor(
    private readonly deps: DiffServerDependencies,
    private readonly channel: FrameChannel,
  ) {
    this.scopeAtStart = deps.scope();
  }

  /** Until the secondary has enough. @throws when it asks for what it may not have */
  async run(): Promise<void> {
    for (;;) {
      const frame = await this.channel.receive();
      if (frame === undefined) return;
      const request = decodeDiffRequest(frame);
      const answered = this.deps.asked(request.kind);
      const answer = await this.answer(request);
      answered();
      await this.channel.send(answer);
    }
  }

  private async answer(request: DiffRequest): Promise<Buffer> {
    if (request.kind === "open") return encodeOpenAnswer(await this.open(request.lineage, request.rejoins));
    this.requireUnchanged();
    const { index } = this.deps.log;
    switch (request.kind) {
      case "pages":
        this.requireShipped(request);
        return encodeNodes(index.pages(request.class, request.mountId), request.sumBytes);
      case "leaves":
        this.requireShipped(request);
        return encodeNodes(
          request.pages.flatMap((page) => index.leaves(request.class, request.mountId, page)),
          request.sumBytes,
        );
      case "elements":
        return encodeElements(await this.elements(request), request.sumBytes);
      case "values":
        return encodeValues(await this.values(request.class, request.keys));
      case "tail":
        return encodeTail(await this.tail(request.from));
    }
  }

  private async open(theirs: Lineage, rejoins: boolean): Promise<DiffAnswers["open"]> {
    const { log, lineage, newerLineageSeen } = this.deps;
    const ours = lineage();
    const refused = refusalOf(ours, theirs, rejoins);
    if (refused?.newerLineage !== undefined) await newerLineageSeen(refused.newerLineage);
    if (refused !== undefined) this.deps.refused(refused.reason);
    if (refused !== undefined) return { refusal: refused.reason };
    if (this.deps.isFenced()) return { refusal: REPLACED };
    this.epoch = currentEpoch(ours);
    // What was decided while it streamed is not up to date: mounts may have been moved since.
    await this.scopeAtStart.decideAll(
      log.index.mounts().map(({ mountId }) => mountId),
      true,
    );
    await this.decidePresent();
    const mounts = log.index.mounts().filter((mount) => this.isShipped(mount));
    return { refusal: undefined, clusterId: log.clusterId, lineage: ours, index: log.lastIndex(), mounts };
  }

  private async elements(request: Extract<DiffRequest, { kind: "elements" }>): Promise<DiffAnswers["elements"]> {
    this.requireShipped(request);
    const { class: keyClass, mountId, leaves, after } = request;
    const options = after === undefined ? { limit: WALK_KEYS } : { after, limit: WALK_KEYS };
    return await this.deps.log.index.elements(keyClass, mountId, new Set(leaves), options);
  }

  private async values(keyClass: LoggedClass, keys: readonly string[]): Promise<DiffAnswers["values"]> {
    for (const key of keys) this.requireShipped({ class: keyClass, mountId: mountIdOfKey(key) });
    const values: (Buffer | undefined)[] = [];
    let bytes = 0;
    while (values.length < keys.length && bytes < this.deps.limits.chunkBytes) {
      const some = keys.slice(values.length, values.length + VALUES_AT_ONCE);
      for (const value of await this.deps.log.readCiphertexts(keyClass, some)) {
        values.push(value);
        bytes += value?.length ?? 0;
      }
    }
    if (await this.scopeAtStart.isTurned(keys.map(mountIdOfKey))) throw new Error(MOVED);
    return values;
  }

  /** @throws LogTruncated when more was written than the log keeps */
  private async tail(from: number): Promise<DiffAnswers["tail"]> {
    const { log, mode, limits } = this.deps;
    if (from > log.lastIndex()) throw new RangeError("the tail begins beyond the log");
    await this.decidePresent();
    const target = log.lastIndex();
    const checksums = checksumsOf(log, mode, this.scopeAtStart.includes);
    const operations: LogOperation[] = [];
    let [index, bytes] = [from, 0];
    while (index < target && bytes < limits.frameBytes) {
      const entries = await log.readBatch(index, limits.batchEntries);
      if (entries.length === 0) throw new LogTruncated(log.oldestIndex());
      for (const entry of entries) {
        if (entry.index > target || bytes >= limits.frameBytes) break;
        if (await this.scopeAtStart.isTurnedBy(entry)) throw new Error(MOVED);
        const filtered = filterEntry(entry, mode, this.scopeAtStart.includes);
        if (filtered !== undefined) operations.push(...filtered.operations);
        bytes += filtered === undefined ? 0 : entryBytes(filtered);
        index = entry.index;
      }
    }
    const epoch = currentEpoch(this.deps.lineage());
    const cursor = index === target ? { clusterId: log.clusterId, epoch, index, checksums } : undefined;
    return { operations, index, cursor };
  }

  /** Decides about every mount there is: afterwards nothing that is in a sum is undecided. */
  private async decidePresent(): Promise<void> {
    const { log } = this.deps;
    const undecided = () => log.index.mounts().filter(({ mountId }) => !this.scopeAtStart.isDecided(mountId));
    for (let known = -1; ; ) {
      const open = undecided();
      // A mount that is gone stays undecided: nothing of it is sent.
      if (open.length === 0 || open.length === known) return;
      known = open.length;
      await this.scopeAtStart.decideAll(open.map((mount) => mount.mountId));
    }
  }

  private requireUnchanged(): void {
    if (this.epoch === undefined) throw new PeerRefused("out_of_order", "a diff begins with open");
    if (!sameEpoch(this.epoch, currentEpoch(this.deps.lineage()))) throw new Error("another epoch began");
    if (this.deps.scope() !== this.scopeAtStart) throw new Error("the filter changed during the diff");
  }

  private isShipped({ class: keyClass, mountId }: IndexPlace): boolean {
    return CLASSES_OF_MODE[this.deps.mode].includes(keyClass) && this.scopeAtStart.includes(mountId);
  }

  private requireShipped(place: IndexPlace): void {
    if (!this.isShipped(place)) throw new PeerRefused("not_shipped", "asked for what is not shipped to this secondary");
  }
}
