/** What a secondary does right now, by the names of sys/replication/status. */
export type FollowerState = "idle" | "stream-wals" | "merkle-diff" | "merkle-sync";

export type FollowerEvent =
  /** The primary lets us stream from where we stand. */
  | "streaming"
  /** What we hold differs, or the log no longer reaches back. */
  | "reconcile"
  | "disconnected"
  | "stopped";

/** Every state x event. A reconciliation begins from anywhere and ends in a new stream or a lost link. */
const NEXT: Readonly<Record<FollowerState, Readonly<Record<FollowerEvent, FollowerState>>>> = {
  idle: { streaming: "stream-wals", reconcile: "merkle-sync", disconnected: "idle", stopped: "idle" },
  "stream-wals": { streaming: "stream-wals", reconcile: "merkle-sync", disconnected: "idle", stopped: "idle" },
  "merkle-diff": { streaming: "stream-wals", reconcile: "merkle-sync", disconnected: "idle", stopped: "idle" },
  "merkle-sync": { streaming: "stream-wals", reconcile: "merkle-sync", disconnected: "idle", stopped: "idle" },
};

export function nextFollowerState(state: FollowerState, event: FollowerEvent): FollowerState {
  return NEXT[state][event];
}
