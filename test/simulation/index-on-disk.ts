import { readJournal } from "../../server/replication/index/journal-record";
import { placeOfLeaf } from "../../server/replication/index/leaf-record";
import type { MultisetHasher } from "../../server/replication/index/multiset-hash";
import { LogStore } from "../../server/replication/log/log-store";
import { addChecksum, CHECKSUM_BYTES, zeroChecksum } from "../../server/sdk/checksum";
import { generationRecordPrefix, mountIdOfKey } from "../../server/sdk/key-layout";
import type { ClusterLog, LoggedClass } from "../../server/sdk/log";
import type { MemoryDisk } from "../../server/storage/memory/disk";
import { contentOf } from "./history";

/** Sums by `<class>/<mount id>/<leaf>`. */
type Sums = Map<string, Buffer>;

/** The keyed hash that the log's index is made with. @throws when the log is not the production one */
export function hasherOf(log: ClusterLog): MultisetHasher {
  const store: unknown = Reflect.get(log, "store");
  if (!(store instanceof LogStore)) throw new Error("this log has no index to look at");
  return store.hasher;
}

/** What the index on the disk says, past every layer. */
function storedSums(disk: MemoryDisk, generation: string): Sums {
  const sums: Sums = new Map();
  const leaves = generationRecordPrefix(generation, "index");
  for (const { key, value } of disk.range(leaves, undefined, Number.POSITIVE_INFINITY)) {
    const { class: keyClass, mountId, leaf } = placeOfLeaf(key, leaves);
    sums.set(`${keyClass}/${mountId}/${leaf}`, value.subarray(0, CHECKSUM_BYTES));
  }
  const journal = generationRecordPrefix(generation, "journal");
  for (const { key, value } of disk.range(journal, undefined, Number.POSITIVE_INFINITY)) {
    readJournal(key, value, (keyClass, mountId, leaf, sum) => sums.set(`${keyClass}/${mountId}/${leaf}`, sum));
  }
  return sums;
}

/** What the index should say, worked out from the data on the disk. */
function actualSums(disk: MemoryDisk, generation: string, hasher: MultisetHasher): Sums {
  const sums: Sums = new Map();
  for (const [name, value] of contentOf(disk, generation)) {
    const at = name.indexOf("/");
    const keyClass = name.startsWith("local/") ? "local" : "replicated";
    const key = name.slice(at + 1);
    const mountId = mountIdOfKey(key);
    const place = `${keyClass}/${mountId}/${hasher.leafOf(key)}`;
    const sum = sums.get(place) ?? zeroChecksum();
    addChecksum(sum, hasher.element(keyClass, mountId, key, value));
    sums.set(place, sum);
  }
  return sums;
}

export interface IndexOnDisk {
  /** The first leaf that does not say what is stored: each commit writes both, so there should be none. */
  readonly wrongLeaf: string | undefined;
  /** Sums of all leaves by class, from the data. */
  readonly roots: Readonly<Record<LoggedClass, Buffer>>;
}

/** Compares the stored index of a generation with the stored data. */
export function indexOnDisk(disk: MemoryDisk, generation: string, hasher: MultisetHasher): IndexOnDisk {
  const [stored, actual] = [storedSums(disk, generation), actualSums(disk, generation, hasher)];
  const zero = zeroChecksum();
  const roots = { replicated: zeroChecksum(), local: zeroChecksum() };
  for (const [place, sum] of actual) addChecksum(place.startsWith("local/") ? roots.local : roots.replicated, sum);
  const places = [...new Set([...stored.keys(), ...actual.keys()])];
  const wrongLeaf = places.find((place) => !(stored.get(place) ?? zero).equals(actual.get(place) ?? zero));
  return { wrongLeaf, roots };
}
