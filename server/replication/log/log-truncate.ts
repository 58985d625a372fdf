import { generationRecordPrefix } from "../../sdk/key-layout";
import { decodeEntryRecord, entryKey } from "./log-record";
import type { LogStore } from "./log-store";
import type { LogWriter } from "./log-writer";
import { StagedCommit } from "./staged-commit";

const RECORDS_PER_COMMIT = 256;

/** Where the log would begin, and what it would take up, were everything before removed. */
export interface Front {
  readonly oldestIndex: number;
  readonly storedBytes: number;
  /** When the entry at `oldestIndex` was written. Reads it. @throws `corrupt` */
  writtenAtMilliseconds(): number;
}

export type Enough = (front: Front) => boolean;

/**
 * Removes entries from the front until `enough`; the last entry stays. The records and where
 * the log begins change in one commit, so a crash leaves no hole. Runs inside the writer, one commit at a time.
 * @returns whether something was removed and there may be more
 */
export async function truncateOnce(store: LogStore, writer: LogWriter, enough: Enough): Promise<boolean> {
  const { oldestIndex, storedBytes, lastIndex } = store.state;
  if (oldestIndex >= lastIndex) return false;
  const records = await store.storage.scan(generationRecordPrefix(store.generation, "log"), {
    after: entryKey(store.generation, oldestIndex - 1),
    limit: RECORDS_PER_COMMIT,
  });
  let oldest = oldestIndex;
  let bytes = storedBytes;
  const deletes: string[] = [];
  for (const { key, value } of records) {
    if (oldest >= lastIndex || enough(frontOf(store, key, oldest, value, bytes))) break;
    deletes.push(key);
    bytes -= value.length;
    oldest++;
  }
  if (deletes.length === 0) return false;
  const staged = new StagedCommit(store);
  staged.dropRecords(deletes, oldest, bytes);
  await writer.commit(staged);
  return deletes.length === RECORDS_PER_COMMIT;
}

function frontOf(store: LogStore, key: string, oldestIndex: number, record: Buffer, storedBytes: number): Front {
  return {
    oldestIndex,
    storedBytes,
    writtenAtMilliseconds: () => decodeEntryRecord(store.recordKey, key, oldestIndex, record).writtenAtMilliseconds,
  };
}
