import { subtractChecksum, zeroChecksum } from "../../sdk/checksum";
import { mountIdOfKey } from "../../sdk/key-layout";
import type { LoggedClass } from "../../sdk/log";
import { BucketIndex, type LeafChange } from "../index/bucket-index";
import type { LogStore } from "./log-store";
import type { LogWriter } from "./log-writer";
import { StagedCommit } from "./staged-commit";

const SCAN_KEYS = 1_024;
const LEAVES_PER_COMMIT = 512;

/**
 * Makes the index that of the stored keys. Runs inside the writer, so nothing is written meanwhile; every commit leaves
 * leaves and checksums that belong together.
 * @returns how many leaves were wrong
 * @throws `corrupt` naming a damaged value, `storage_full`
 */
export async function reindex(store: LogStore, writer: LogWriter): Promise<number> {
  const actual = await indexOfStored(store);
  const changes = differences(store.index, actual);
  for (let at = 0; at < changes.length; at += LEAVES_PER_COMMIT) {
    const staged = new StagedCommit(store);
    for (const change of changes.slice(at, at + LEAVES_PER_COMMIT)) staged.correctLeaf(change);
    await writer.commit(staged);
  }
  return changes.length;
}

/** The index that the stored values make. @throws `corrupt` naming a damaged value */
export async function indexOfStored(store: LogStore): Promise<BucketIndex> {
  const index = new BucketIndex();
  for (const keyClass of ["replicated", "local"] as const) {
    for (let after: string | undefined; ; ) {
      const pairs = await store.scanCiphertexts(keyClass, "", after, SCAN_KEYS);
      for (const { key, value } of pairs) {
        const mountId = mountIdOfKey(key);
        const delta = store.hasher.element(keyClass, mountId, key, value);
        index.add({ class: keyClass, mountId, leaf: store.hasher.leafOf(key), delta });
      }
      if (pairs.length < SCAN_KEYS) break;
      after = pairs[pairs.length - 1]?.key;
    }
  }
  return index;
}

/** What has to be added to `current` to make it `actual`. */
function differences(current: BucketIndex, actual: BucketIndex): readonly LeafChange[] {
  const changes: LeafChange[] = [];
  const mounts = new Map(
    [...current.mounts(), ...actual.mounts()].map((mount) => [`${mount.class}/${mount.mountId}`, mount]),
  );
  for (const { class: keyClass, mountId } of mounts.values()) {
    const [old, now] = [leavesOf(current, keyClass, mountId), leavesOf(actual, keyClass, mountId)];
    for (const leaf of new Set([...old.keys(), ...now.keys()])) {
      const delta = Buffer.from(now.get(leaf) ?? zeroChecksum());
      subtractChecksum(delta, old.get(leaf) ?? zeroChecksum());
      if (delta.some((byte) => byte !== 0)) changes.push({ class: keyClass, mountId, leaf, delta });
    }
  }
  return changes;
}

function leavesOf(index: BucketIndex, keyClass: LoggedClass, mountId: string): ReadonlyMap<number, Buffer> {
  const pages = index.pages(keyClass, mountId);
  const leaves = pages.flatMap((page) => index.leaves(keyClass, mountId, page.number));
  return new Map(leaves.map((leaf) => [leaf.number, leaf.sum]));
}
