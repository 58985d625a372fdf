import { generationRecordPrefix } from "../../sdk/key-layout";
import { entryKey } from "./log-record";
import type { LogStore } from "./log-store";
import type { LogWriter } from "./log-writer";
import { StagedCommit } from "./staged-commit";

const RECORDS_PER_COMMIT = 256;

/**
 * Removes entries from the front until `enough(oldest index, stored bytes)`; the last entry stays. The records and where
 * the log begins change in one commit, so a crash leaves no hole. Runs inside the writer, one commit at a time.
 * @returns whether something was removed and there may be more
 */
export async function truncateOnce(
  store: LogStore,
  writer: LogWriter,
  enough: (oldestIndex: number, storedBytes: number) => boolean,
): Promise<boolean> {
  const { oldestIndex, storedBytes, lastIndex } = store.state;
  if (oldestIndex >= lastIndex || enough(oldestIndex, storedBytes)) return false;
  const records = await store.storage.scan(generationRecordPrefix(store.generation, "log"), {
    after: entryKey(store.generation, oldestIndex - 1),
    limit: RECORDS_PER_COMMIT,
  });
  let oldest = oldestIndex;
  let bytes = storedBytes;
  const deletes: string[] = [];
  for (const { key, value } of records) {
    if (oldest >= lastIndex || enough(oldest, bytes)) break;
    deletes.push(key);
    bytes -= value.length;
    oldest++;
  }
  const staged = new StagedCommit(store);
  staged.dropRecords(deletes, oldest, bytes);
  await writer.commit(staged);
  return true;
}
