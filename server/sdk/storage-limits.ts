import { isWellFormed } from "./byte-order";
import type { CommitBatch, StorageCapabilities } from "./storage";

/** What `StorageCapabilities` states as defaults. */
export const capabilitiesDefault: StorageCapabilities = {
  operationsPerCommitMax: 10_000,
  valueBytesMax: 32 * 1024 * 1024,
  keyBytesMax: 1_900,
  supportsWatch: false,
};

/** The batch is more than the engine takes, or contradicts itself. Nothing was written; trying again changes nothing. */
export class StorageRefused extends Error {
  constructor(reason: string) {
    super(`storage refused the batch: ${reason}`);
    this.name = "StorageRefused";
  }
}

/** The storage was closed, or its process's claim to it is over. */
export class StorageClosed extends Error {
  constructor(readonly where: string) {
    super(`storage is closed: ${where}`);
    this.name = "StorageClosed";
  }
}

/**
 * Every engine calls this first, so that all of them refuse the same batches. A key may be written once in a batch: whoever
 * merges the writes of several callers must decide which one stays.
 * @throws StorageRefused
 */
export function checkBatch(batch: CommitBatch, capabilities: StorageCapabilities): void {
  const operations = batch.puts.length + batch.deletes.length;
  if (operations > capabilities.operationsPerCommitMax) {
    throw new StorageRefused(
      `${operations} operations, at most ${capabilities.operationsPerCommitMax} fit in one commit`,
    );
  }
  const written = new Set<string>();
  for (const { key, value, headroomBytes = 0 } of batch.puts) {
    checkWrittenKey(key, written, capabilities);
    if (headroomBytes > value.byteOffset) {
      throw new StorageRefused(`a value has ${value.byteOffset} bytes in front of it, not ${headroomBytes}`);
    }
    if (value.length > capabilities.valueBytesMax) {
      throw new StorageRefused(`a value of ${value.length} bytes, at most ${capabilities.valueBytesMax} fit`);
    }
  }
  for (const key of batch.deletes) checkWrittenKey(key, written, capabilities);
  for (const { key } of batch.preconditions) checkKey(key, capabilities);
}

function checkWrittenKey(key: string, written: Set<string>, capabilities: StorageCapabilities): void {
  checkKey(key, capabilities);
  if (written.has(key)) throw new StorageRefused("a key is written twice");
  written.add(key);
}

function checkKey(key: string, capabilities: StorageCapabilities): void {
  if (key === "") throw new StorageRefused("a key is empty");
  if (!isWellFormed(key)) throw new StorageRefused("a key has no UTF-8 form");
  if (key.length * 3 <= capabilities.keyBytesMax) return;
  const bytes = Buffer.byteLength(key);
  if (bytes > capabilities.keyBytesMax) {
    throw new StorageRefused(`a key of ${bytes} bytes, at most ${capabilities.keyBytesMax} fit`);
  }
}
