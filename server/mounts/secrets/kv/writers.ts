import { KeyedLock } from "../../../sdk/keyed-lock";
import type { MountContext } from "../../../sdk/mount";

const locks = new WeakMap<MountContext, KeyedLock>();

/**
 * Lets the writers of one secret take turns in this process, so that they do not make each other's commits conflict.
 * Correctness does not rest on it: commits are conditional.
 */
export function writersOf(context: MountContext): KeyedLock {
  let lock = locks.get(context);
  if (lock === undefined) {
    lock = new KeyedLock();
    locks.set(context, lock);
  }
  return lock;
}
