import { mountIdOfKey } from "../../sdk/key-layout";
import type { AppendOperation, AppendRequest, LogEntry, LogOperation } from "../../sdk/log";
import type { StagedCommit } from "./staged-commit";

/**
 * Puts one append into the commit, with its entry unless it writes `node` keys only.
 * @returns the index to acknowledge
 * @throws `write_conflict`, `corrupt`, LogDivergence: then nothing of the append is in the commit
 */
export function stageAppend(
  staged: StagedCommit,
  request: AppendRequest,
  clusterId: string,
  writtenAtMilliseconds: number,
): number {
  staged.check(request.operations);
  const { epochs, cursors, reached } = request;
  if (reached !== undefined) staged.moveCursor(reached);
  if (epochs !== undefined) staged.changeState({ epochs: { ...staged.state.epochs, ...epochs } });
  if (cursors !== undefined) staged.changeState({ cursors: { ...staged.state.cursors, ...cursors } });
  const indexDelta = staged.apply(request.operations);
  const operations = loggedOperations(request.operations);
  if (operations.length === 0 && epochs === undefined) return staged.state.lastIndex;
  const index = staged.state.lastIndex + 1;
  const entry: LogEntry = {
    version: 1,
    index,
    epochs: staged.state.epochs,
    origin: { clusterId, index },
    operations,
    indexDelta,
    writtenAtMilliseconds,
  };
  staged.addEntry(entry);
  return index;
}

function loggedOperations(operations: readonly AppendOperation[]): readonly LogOperation[] {
  const logged: LogOperation[] = [];
  for (const { class: keyClass, key, value } of operations) {
    if (keyClass !== "node") logged.push({ class: keyClass, mountId: mountIdOfKey(key), key, value });
  }
  return logged;
}
