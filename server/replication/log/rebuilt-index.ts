import { generationRecordPrefix } from "../../sdk/key-layout";
import type { Precondition, Storage, StoredPair } from "../../sdk/storage";
import type { BucketIndex } from "../index/bucket-index";
import { encodeLeaf, leafKey } from "../index/leaf-record";
import { LeafWriter } from "../index/leaf-writer";
import type { StoredIndex } from "../index/stored-index";
import type { LogState } from "./log-state";
import { type LogStore, requireSums } from "./log-store";
import { indexOfStored } from "./reindex";

const PAIRS_PER_SCAN = 4_096;
const OPERATIONS_PER_COMMIT = 512;

/**
 * The index of what is stored, in the place of one that cannot be read. What the log's state seals is the sum that the values have to
 * have: where they have it, no value is missing, changed or too many, and only the index itself was damaged.
 * A crash in the middle leaves an index that is damaged as well, and is made anew at the next opening.
 * @throws `corrupt` where the values have another sum, or naming a damaged one; `storage_full`
 */
export async function rebuildIndex(
  store: LogStore,
  state: LogState,
  fence: () => readonly Precondition[],
): Promise<StoredIndex> {
  const index = await indexOfStored(store);
  requireSums(state, index);
  // First, since what it names counts before the leaves.
  await replaceAll(store.storage, generationRecordPrefix(store.generation, "journal"), new Map(), fence);
  await replaceAll(store.storage, generationRecordPrefix(store.generation, "index"), leafRecords(store, index), fence);
  return { index, leaves: new LeafWriter(store.generation, [], store.limits) };
}

function leafRecords(store: LogStore, index: BucketIndex): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (const { class: keyClass, mountId } of index.mounts()) {
    for (const page of index.pages(keyClass, mountId)) {
      for (const leaf of index.leaves(keyClass, mountId, page.number)) {
        const key = leafKey(store.generation, { class: keyClass, mountId, leaf: leaf.number });
        records.set(key, encodeLeaf(key, leaf.sum));
      }
    }
  }
  return records;
}

/** Makes what lies under the prefix exactly the records. */
async function replaceAll(
  storage: Storage,
  prefix: string,
  records: Map<string, Buffer>,
  fence: () => readonly Precondition[],
): Promise<void> {
  const deletes: string[] = [];
  for (let after: string | undefined; ; ) {
    const pairs: readonly StoredPair[] = await storage.scan(prefix, {
      limit: PAIRS_PER_SCAN,
      ...(after === undefined ? {} : { after }),
    });
    for (const { key, value } of pairs) {
      const record = records.get(key);
      if (record === undefined) deletes.push(key);
      else if (record.equals(value)) records.delete(key);
    }
    if (pairs.length < PAIRS_PER_SCAN) break;
    after = pairs[pairs.length - 1]?.key;
  }
  const puts = [...records].map(([key, value]) => ({ key, value }));
  for (const part of parts(puts)) await storage.commit({ preconditions: fence(), puts: part, deletes: [] });
  for (const part of parts(deletes)) await storage.commit({ preconditions: fence(), puts: [], deletes: part });
}

function parts<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / OPERATIONS_PER_COMMIT);
  return Array.from({ length: count }, (_, at) =>
    items.slice(at * OPERATIONS_PER_COMMIT, (at + 1) * OPERATIONS_PER_COMMIT),
  );
}
