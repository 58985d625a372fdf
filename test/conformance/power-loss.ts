import type { Random } from "../../server/sdk/random";
import type { TraceStep } from "./power-trace";

interface PendingWrite {
  readonly offset: number;
  readonly bytes: Buffer;
  ended: boolean;
}

/** A sector, and a page: what a disk writes whole. */
const UNITS_BYTES = [512, 4096] as const;

/**
 * A file on a disk with a volatile cache. What was synced is there for good; of everything else each write may be there or
 * not, or in part, in any order, when the power fails.
 */
export class VolatileFile {
  private durable: Buffer<ArrayBuffer> = Buffer.alloc(0);
  /** In the order they began. */
  private readonly pending = new Map<number, PendingWrite>();
  /** Per sync under way the writes it covers: those that had ended when it began. */
  private readonly covered = new Map<number, readonly number[]>();

  /** @param honestSyncs how many syncs do what they say; those after them do nothing */
  constructor(private honestSyncs = Number.POSITIVE_INFINITY) {}

  apply(step: TraceStep): void {
    switch (step.kind) {
      case "write-begin":
        this.pending.set(step.id, { offset: step.offset, bytes: step.bytes, ended: false });
        break;
      case "write-end": {
        const write = this.pending.get(step.id);
        if (write !== undefined) write.ended = true;
        if (step.synced) this.makeDurable([step.id]);
        break;
      }
      case "sync-begin":
        this.covered.set(
          step.id,
          [...this.pending].filter(([, write]) => write.ended).map(([id]) => id),
        );
        break;
      case "sync-end":
        this.makeDurable(this.covered.get(step.id) ?? []);
        this.covered.delete(step.id);
        break;
      case "output":
        break;
    }
  }

  /** The file after a power failure now. */
  afterPowerFailure(random: Random): Buffer {
    let image: Buffer<ArrayBuffer> = Buffer.from(this.durable);
    for (const { offset, bytes } of this.pending.values()) {
      const fate = random.integerBelow(3);
      if (fate === 0) continue;
      const unitBytes = fate === 1 ? undefined : UNITS_BYTES[random.integerBelow(UNITS_BYTES.length)];
      for (const [start, end] of partsOf(offset, bytes.length, unitBytes)) {
        if (unitBytes !== undefined && random.integerBelow(2) === 0) continue;
        image = written(image, start, bytes.subarray(start - offset, end - offset));
      }
    }
    return image;
  }

  private makeDurable(ids: readonly number[]): void {
    if (this.honestSyncs-- <= 0) return;
    for (const id of ids) {
      const write = this.pending.get(id);
      if (write === undefined) continue;
      this.durable = written(this.durable, write.offset, write.bytes);
      this.pending.delete(id);
      this.forbidOverlap(write);
    }
  }

  /** An older write must not come out on top of a newer durable one; the engine never does that, so the model need not. */
  private forbidOverlap(durable: PendingWrite): void {
    for (const [, { offset, bytes }] of this.pending) {
      if (offset < durable.offset + durable.bytes.length && durable.offset < offset + bytes.length) {
        throw new Error("a write became durable over one that is still pending");
      }
    }
  }
}

/** Grows by doubling is not worth it here: images are small. */
function written(image: Buffer<ArrayBuffer>, offset: number, bytes: Buffer): Buffer<ArrayBuffer> {
  const end = offset + bytes.length;
  const target = end <= image.length ? image : Buffer.concat([image], end);
  bytes.copy(target, offset);
  return target;
}

/** The stretches of a write that a disk with units of that size writes whole; all of it without a unit. */
function* partsOf(offset: number, length: number, unitBytes: number | undefined): Generator<readonly [number, number]> {
  const end = offset + length;
  if (unitBytes === undefined) {
    yield [offset, end];
    return;
  }
  for (let start = offset; start < end; ) {
    const next = Math.min(end, (Math.floor(start / unitBytes) + 1) * unitBytes);
    yield [start, next];
    start = next;
  }
}
