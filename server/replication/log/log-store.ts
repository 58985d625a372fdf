import { HmacKey, type SecretKey } from "../../sdk/crypto";
import { generationRecordPrefix, storageKey } from "../../sdk/key-layout";
import type { KeyClass, LogEntry, LoggedClass } from "../../sdk/log";
import { corruptRecord } from "../../sdk/record";
import type { Storage } from "../../sdk/storage";
import { BucketIndex } from "../index/bucket-index";
import { LeafWriter } from "../index/leaf-writer";
import { MultisetHasher } from "../index/multiset-hash";
import { readStoredIndex, type StoredIndex } from "../index/stored-index";
import { DEFAULT_LOG_LIMITS, type LogLimits } from "./log-limits";
import { decodeEntryRecord, entryKey } from "./log-record";
import { decodeState, emptyState, type LogState, stateKey } from "./log-state";
import { decodeCiphertext } from "./stored-ciphertext";

/** Keys of the log and the index, from the keyring: the same in all clusters of a set, for as long as the set lives. */
export interface LogKeys {
  readonly index: SecretKey;
  readonly record: SecretKey;
}

export interface LogStoreOptions {
  readonly storage: Storage;
  readonly generation: string;
  readonly clusterId: string;
  readonly keys: LogKeys;
  readonly limits?: LogLimits | undefined;
}

/** State and sums of a log as they are stored. */
export interface StoredLog extends StoredIndex {
  readonly state: LogState;
}

/** One generation in the storage, with what of it is kept in memory. Only the writer changes it. */
export class LogStore {
  readonly storage: Storage;
  readonly generation: string;
  readonly clusterId: string;
  readonly recordKey: HmacKey;
  readonly hasher: MultisetHasher;
  readonly limits: LogLimits;
  state: LogState;
  index = new BucketIndex();
  leaves: LeafWriter;

  constructor(options: LogStoreOptions) {
    this.storage = options.storage;
    this.generation = options.generation;
    this.clusterId = options.clusterId;
    this.recordKey = new HmacKey(options.keys.record);
    this.hasher = new MultisetHasher(options.keys.index);
    this.state = emptyState(options.clusterId);
    this.limits = options.limits ?? DEFAULT_LOG_LIMITS;
    this.leaves = new LeafWriter(options.generation, [], this.limits);
  }

  /**
   * Takes the state that is stored, and rebuilds the sums in memory; a generation without a state is empty.
   * @throws `corrupt` when the leaves are not those that the state was written with
   */
  async load(): Promise<void> {
    this.adopt(await this.readStored());
  }

  /** What `load` takes, without taking it. @throws `corrupt` as there */
  async readStored(): Promise<StoredLog> {
    const state = await this.readState();
    return { state, ...(await this.readIndex(state)) };
  }

  /** @throws `corrupt` */
  async readState(): Promise<LogState> {
    const [record] = await this.storage.read([stateKey(this.generation)]);
    if (record === undefined) return emptyState(this.clusterId);
    return decodeState(this.recordKey, this.generation, record.value);
  }

  /** @throws `corrupt` when the leaves are not those that the state was written with */
  async readIndex(state: LogState): Promise<StoredIndex> {
    const stored = await readStoredIndex(this.storage, this.generation, this.limits);
    requireSums(state, stored.index);
    return stored;
  }

  adopt({ state, index, leaves }: StoredLog): void {
    this.state = state;
    this.index = index;
    this.leaves = leaves;
  }

  /** At most `limit` entries after `fromIndex` that are stored. @throws `corrupt` naming the storage key */
  async readEntries(fromIndex: number, limit: number): Promise<readonly LogEntry[]> {
    const prefix = generationRecordPrefix(this.generation, "log");
    const pairs = await this.storage.scan(prefix, { after: entryKey(this.generation, fromIndex), limit });
    return pairs.map((pair, at) => {
      const index = fromIndex + 1 + at;
      if (pair.key !== entryKey(this.generation, index)) throw corruptRecord(entryKey(this.generation, index));
      return decodeEntryRecord(this.recordKey, pair.key, index, pair.value);
    });
  }

  storageKey(keyClass: KeyClass, key: string): string {
    return storageKey(this.generation, keyClass, key);
  }

  /** Ciphertexts of one class in the order of their keys. @throws `corrupt` naming the key */
  async scanCiphertexts(
    keyClass: LoggedClass,
    prefix: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly { readonly key: string; readonly value: Buffer }[]> {
    const full = this.storageKey(keyClass, prefix);
    const strip = full.length - prefix.length;
    const pairs = await this.storage.scan(full, {
      limit,
      ...(after === undefined ? {} : { after: this.storageKey(keyClass, after) }),
    });
    return pairs.map((pair) => {
      const key = pair.key.slice(strip);
      return { key, value: decodeCiphertext(keyClass, key, pair.value) };
    });
  }

  /** Keys of one class in their order. */
  async listKeys(
    keyClass: LoggedClass,
    prefix: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly string[]> {
    const full = this.storageKey(keyClass, prefix);
    const strip = full.length - prefix.length;
    const keys = await this.storage.list(full, {
      limit,
      ...(after === undefined ? {} : { after: this.storageKey(keyClass, after) }),
    });
    return keys.map((key) => key.slice(strip));
  }

  /** In the order asked; undefined where there is none. @throws `corrupt` naming the key */
  async readCiphertexts(keyClass: LoggedClass, keys: readonly string[]): Promise<readonly (Buffer | undefined)[]> {
    const found = await this.storage.read(keys.map((key) => this.storageKey(keyClass, key)));
    return keys.map((key, at) => {
      const stored = found[at];
      return stored === undefined ? undefined : decodeCiphertext(keyClass, key, stored.value);
    });
  }
}

/** @throws `corrupt` unless the state was written with an index of these sums */
export function requireSums({ checksums }: LogState, index: BucketIndex): void {
  for (const keyClass of ["replicated", "local"] as const) {
    if (!index.classSum(keyClass).equals(checksums[keyClass])) throw corruptRecord(`index of class ${keyClass}`);
  }
}
