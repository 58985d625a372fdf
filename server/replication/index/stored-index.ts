import { generationRecordPrefix } from "../../sdk/key-layout";
import type { LoggedClass } from "../../sdk/log";
import type { ListOptions, Storage, StoredPair } from "../../sdk/storage";
import { BucketIndex } from "./bucket-index";
import { readJournal, sequenceOfJournal } from "./journal-record";
import { decodeLeaf, placeOfLeaf } from "./leaf-record";
import { type JournalLimits, type JournalRecord, LeafWriter } from "./leaf-writer";

const LEAVES_PER_SCAN = 4_096;
/** A record of a large commit has some hundred kilobytes. */
const RECORDS_PER_SCAN = 64;

/** A generation's index as it is stored, and what goes on writing it. */
export interface StoredIndex {
  readonly index: BucketIndex;
  readonly leaves: LeafWriter;
}

/** Reads all leaves and the journal of a generation. @throws `corrupt` naming the record */
export async function readStoredIndex(
  storage: Storage,
  generation: string,
  limits: JournalLimits,
): Promise<StoredIndex> {
  const newest = new Map<string, { readonly class: LoggedClass; readonly mountId: string; readonly sums: Sums }>();
  const records = await readRecords(storage, generation, (keyClass, mountId, leaf, sum) => {
    const name = `${keyClass}/${mountId}`;
    const mount = newest.get(name) ?? { class: keyClass, mountId, sums: new Map<number, Buffer>() };
    newest.set(name, mount);
    mount.sums.set(leaf, sum);
  });
  const index = new BucketIndex();
  const prefix = generationRecordPrefix(generation, "index");
  await scanAll(storage, prefix, LEAVES_PER_SCAN, ({ key, value }) => {
    const place = placeOfLeaf(key, prefix);
    const delta = decodeLeaf(key, value);
    if (newest.get(`${place.class}/${place.mountId}`)?.sums.has(place.leaf) !== true) index.add({ ...place, delta });
  });
  for (const { class: keyClass, mountId, sums } of newest.values()) {
    for (const [leaf, delta] of sums) index.add({ class: keyClass, mountId, leaf, delta });
  }
  return { index, leaves: new LeafWriter(generation, records, limits) };
}

type Sums = Map<number, Buffer>;

async function readRecords(
  storage: Storage,
  generation: string,
  take: (keyClass: LoggedClass, mountId: string, leaf: number, sum: Buffer) => void,
): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = [];
  const prefix = generationRecordPrefix(generation, "journal");
  await scanAll(storage, prefix, RECORDS_PER_SCAN, ({ key, value }) => {
    const sequence = sequenceOfJournal(key, prefix);
    const mounts = new Map<string, { class: LoggedClass; mountId: string; leaves: number[] }>();
    readJournal(key, value, (keyClass, mountId, leaf, sum) => {
      const name = `${keyClass}/${mountId}`;
      const mount = mounts.get(name) ?? { class: keyClass, mountId, leaves: [] };
      mounts.set(name, mount);
      mount.leaves.push(leaf);
      take(keyClass, mountId, leaf, sum);
    });
    const named = [...mounts.values()].map((mount) => ({ ...mount, leaves: Uint16Array.from(mount.leaves) }));
    records.push({ sequence, mounts: named });
  });
  return records;
}

async function scanAll(
  storage: Storage,
  prefix: string,
  limit: number,
  take: (pair: StoredPair) => void,
): Promise<void> {
  for (let after: string | undefined; ; ) {
    const options: ListOptions = after === undefined ? { limit } : { after, limit };
    const pairs = await storage.scan(prefix, options);
    for (const pair of pairs) take(pair);
    if (pairs.length < limit) return;
    after = pairs[pairs.length - 1]?.key;
  }
}
