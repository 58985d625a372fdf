/** What a secondary does right now, by the names of sys/replication/status. */
export type FollowerState = "idle" | "stream-wals" | "merkle-diff" | "merkle-sync";

export type FollowerEvent =
  /** The primary lets us stream from where we stand. */
  | "streaming"
  /** What we hold differs, or the log no longer reaches back: the two are compared. */
  | "reconcile"
  /** Keys that differ are fetched, or everything is. */
  | "sync"
  /** The primary brings us, over the stream, to the mounts that we get now. */
  | "repair"
  | "disconnected"
  | "stopped";

const FROM_ANYWHERE = {
  streaming: "stream-wals",
  reconcile: "merkle-diff",
  sync: "merkle-sync",
  repair: "merkle-sync",
  disconnected: "idle",
  stopped: "idle",
} as const;

/** Every state x event. A reconciliation begins from anywhere and ends in a new stream or a lost link. */
const NEXT: Readonly<Record<FollowerState, Readonly<Record<FollowerEvent, FollowerState>>>> = {
  // Without a link there is nothing to fetch from.
  idle: { ...FROM_ANYWHERE, sync: "idle" },
  "stream-wals": FROM_ANYWHERE,
  "merkle-diff": FROM_ANYWHERE,
  "merkle-sync": FROM_ANYWHERE,
};

export function nextFollowerState(state: FollowerState, event: FollowerEvent): FollowerState {
  return NEXT[state][event];
}
