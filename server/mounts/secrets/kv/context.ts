import type { MountContext } from "../../../sdk/mount";
import { KeyQueue } from "./key-queue";

/** What kv adds to the mount's context: the writers' queues. */
export interface KvContext extends MountContext {
  readonly writers: KeyQueue;
}

export function openKv(context: MountContext): KvContext {
  return { ...context, writers: new KeyQueue() };
}
