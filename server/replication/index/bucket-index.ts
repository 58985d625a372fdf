import { addChecksum, CHECKSUM_BYTES, isZeroChecksum, subtractChecksum, zeroChecksum } from "../../sdk/checksum";
import type { IncludeMount, IndexNode, LoggedClass } from "../../sdk/log";
import { LEAVES_PER_PAGE } from "./multiset-hash";

interface Page {
  readonly sum: Buffer;
  readonly leaves: Map<number, Buffer>;
}

interface MountIndex {
  readonly class: LoggedClass;
  readonly mountId: string;
  readonly sum: Buffer;
  readonly pages: Map<number, Page>;
}

/** A leaf: 0..65535 under its (class, mount). */
export interface LeafPlace {
  readonly class: LoggedClass;
  readonly mountId: string;
  readonly leaf: number;
}

/** Change of one leaf, not yet part of the index. */
export interface LeafChange extends LeafPlace {
  readonly delta: Buffer;
}

const ZERO = zeroChecksum();
const SLAB_SUMS = 256;

/** Leaves' sums beside each other: a buffer of its own for each of tens of thousands costs several times its 32 bytes. */
class LeafSums {
  private slab = zeroChecksum();
  private used = CHECKSUM_BYTES;
  private readonly free: Buffer[] = [];

  /** A sum of zero. */
  take(): Buffer {
    const known = this.free.pop();
    if (known !== undefined) return known;
    if (this.used === this.slab.length) {
      this.slab = Buffer.alloc(SLAB_SUMS * CHECKSUM_BYTES);
      this.used = 0;
    }
    this.used += CHECKSUM_BYTES;
    return this.slab.subarray(this.used - CHECKSUM_BYTES, this.used);
  }

  /** @param sum zero again */
  giveBack(sum: Buffer): void {
    this.free.push(sum);
  }
}

/** The sums of all leaves, pages and mounts, in memory. Changed only after the storage made the change durable. */
export class BucketIndex {
  private readonly mountsOf: Readonly<Record<LoggedClass, Map<string, MountIndex>>> = {
    replicated: new Map(),
    local: new Map(),
  };
  private readonly leafSums = new LeafSums();
  private readonly classSums: Readonly<Record<LoggedClass, Buffer>> = {
    replicated: zeroChecksum(),
    local: zeroChecksum(),
  };

  /** What the leaf's sum becomes: 32 bytes of its own. */
  sumAfter(change: LeafChange): Buffer {
    const sum = Buffer.allocUnsafe(CHECKSUM_BYTES);
    this.writeSumAfter(change, sum, 0);
    return sum;
  }

  /** Puts what the leaf's sum becomes into 32 bytes of the target. */
  writeSumAfter(change: LeafChange, target: Buffer, offset: number): void {
    this.leaf(change.class, change.mountId, change.leaf).copy(target, offset);
    addChecksum(target, change.delta, offset);
  }

  /** The leaf's sum as it is, zero for one that holds nothing. Not a copy: whoever keeps it makes one. */
  leaf(keyClass: LoggedClass, mountId: string, leaf: number): Buffer {
    const page = this.mount(keyClass, mountId)?.pages.get(Math.floor(leaf / LEAVES_PER_PAGE));
    return page?.leaves.get(leaf) ?? ZERO;
  }

  add(change: LeafChange): void {
    const mount = this.mount(change.class, change.mountId) ?? this.newMount(change.class, change.mountId);
    const pageNumber = Math.floor(change.leaf / LEAVES_PER_PAGE);
    const page = mount.pages.get(pageNumber) ?? newPage(mount, pageNumber);
    const known = page.leaves.get(change.leaf);
    const leaf = known ?? this.leafSums.take();
    if (known === undefined) page.leaves.set(change.leaf, leaf);
    for (const sum of [leaf, page.sum, mount.sum, this.classSums[change.class]]) addChecksum(sum, change.delta);
    if (!isZeroChecksum(leaf)) return;
    this.forgetLeaf(mount, pageNumber, page, change.leaf);
    this.leafSums.giveBack(leaf);
  }

  /** A copy: 32 bytes. */
  classSum(keyClass: LoggedClass): Buffer {
    return Buffer.from(this.classSums[keyClass]);
  }

  /** Sums what is left out or what is taken in, whichever is the whole class less. */
  checksumOf(include: IncludeMount, classes: readonly LoggedClass[]): Buffer {
    const sum = zeroChecksum();
    for (const keyClass of classes) addChecksum(sum, this.classSums[keyClass]);
    for (const mount of this.allMounts()) {
      if (classes.includes(mount.class) && !include(mount.mountId)) subtractChecksum(sum, mount.sum);
    }
    return sum;
  }

  mounts(): readonly { readonly class: LoggedClass; readonly mountId: string; readonly sum: Buffer }[] {
    return this.allMounts().map(({ class: keyClass, mountId, sum }) => ({
      class: keyClass,
      mountId,
      sum: Buffer.from(sum),
    }));
  }

  pages(keyClass: LoggedClass, mountId: string): readonly IndexNode[] {
    const pages = this.mount(keyClass, mountId)?.pages ?? new Map<number, Page>();
    return nodes([...pages].map(([number, page]) => [number, page.sum]));
  }

  leaves(keyClass: LoggedClass, mountId: string, page: number): readonly IndexNode[] {
    return nodes([...(this.mount(keyClass, mountId)?.pages.get(page)?.leaves ?? [])]);
  }

  private allMounts(): readonly MountIndex[] {
    return [...this.mountsOf.replicated.values(), ...this.mountsOf.local.values()];
  }

  private mount(keyClass: LoggedClass, mountId: string): MountIndex | undefined {
    return this.mountsOf[keyClass].get(mountId);
  }

  private newMount(keyClass: LoggedClass, mountId: string): MountIndex {
    const mount: MountIndex = { class: keyClass, mountId, sum: zeroChecksum(), pages: new Map() };
    this.mountsOf[keyClass].set(mountId, mount);
    return mount;
  }

  private forgetLeaf(mount: MountIndex, pageNumber: number, page: Page, leaf: number): void {
    page.leaves.delete(leaf);
    if (page.leaves.size === 0) mount.pages.delete(pageNumber);
    if (mount.pages.size === 0) this.mountsOf[mount.class].delete(mount.mountId);
  }
}

function newPage(mount: MountIndex, number: number): Page {
  const page = { sum: zeroChecksum(), leaves: new Map<number, Buffer>() };
  mount.pages.set(number, page);
  return page;
}

function nodes(pairs: readonly (readonly [number, Buffer])[]): readonly IndexNode[] {
  return pairs.map(([number, sum]) => ({ number, sum: Buffer.from(sum) })).sort((a, b) => a.number - b.number);
}
