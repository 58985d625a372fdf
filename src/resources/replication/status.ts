import type { ClusterClient, RequestOptions } from "../../client/cluster-client";
import { at, integerAt, listAt, textAt, textsAt } from "../../client/json";
import { NO_RETRY } from "../../client/retry";

export type Mode = "performance" | "dr";
export const MODES: readonly Mode[] = ["performance", "dr"];

/** A cluster's role in one mode, as it says itself. */
export interface ModeStatus {
  /** `disabled`, `primary`, `secondary` or `bootstrapping`. */
  readonly mode: string;
  readonly state: string;
  readonly connectionState: string;
  /** The set's identifier; empty while disabled. */
  readonly setId: string;
  readonly secondaryId: string;
  readonly primaryClusterAddress: string;
  /** API addresses of the primaries that it follows. */
  readonly primaryApiAddresses: readonly string[];
  /** On a primary: ids that it has let in. */
  readonly knownSecondaries: readonly string[];
  /** On a primary: ids that are connected now. */
  readonly connectedSecondaries: readonly string[];
  /** On a primary: index of its last write. On a secondary: of the primary's last write that it has. */
  readonly index: number;
  /** While it copies everything; undefined otherwise. */
  readonly progress: { readonly done: number; readonly total: number } | undefined;
}

export type ReplicationStatus = Readonly<Record<Mode, ModeStatus>>;

/** Needs no token, works on a DR secondary. */
export async function replicationStatus(
  cluster: ClusterClient,
  options: RequestOptions = {},
): Promise<ReplicationStatus> {
  const answer = await cluster.get("sys/replication/status", { token: null, ...options });
  return { performance: modeStatus(answer?.body, "performance"), dr: modeStatus(answer?.body, "dr") };
}

/** One attempt only, for loops that ask again anyway. */
export function replicationStatusNow(cluster: ClusterClient): Promise<ReplicationStatus> {
  return replicationStatus(cluster, { retry: NO_RETRY });
}

function modeStatus(body: unknown, mode: Mode): ModeStatus {
  const status = at(body, "data", mode);
  const connected = listAt(status, "secondaries").filter((one) => textAt(one, "connection_status") === "connected");
  return {
    mode: textAt(status, "mode") ?? "disabled",
    state: textAt(status, "state") ?? "",
    connectionState: textAt(status, "connection_state") ?? "",
    setId: textAt(status, "cluster_id") ?? "",
    secondaryId: textAt(status, "secondary_id") ?? "",
    primaryClusterAddress: textAt(status, "primary_cluster_addr") ?? "",
    primaryApiAddresses: listAt(status, "primaries").flatMap((one) => textAt(one, "api_address") ?? []),
    knownSecondaries: textsAt(status, "known_secondaries"),
    connectedSecondaries: connected.flatMap((one) => textAt(one, "node_id") ?? []),
    index: integerAt(status, "last_remote_wal") ?? integerAt(status, "last_wal") ?? 0,
    progress: progressOf(status),
  };
}

/** Follows and has everything: it streams. */
export function isStreaming(status: ModeStatus): boolean {
  return status.mode === "secondary" && status.state === "stream-wals";
}

function progressOf(status: unknown): ModeStatus["progress"] {
  const done = integerAt(status, "merkle_sync_progress", "sync_progress");
  const total = integerAt(status, "merkle_sync_progress", "sync_total_keys");
  return done === undefined || total === undefined ? undefined : { done, total };
}

/** For the log: state, keys copied, remaining. */
export function describeState(status: ModeStatus): string {
  const { mode, state, connectionState, progress } = status;
  const copied =
    progress && `${progress.done} of ${progress.total} keys copied, ${progress.total - progress.done} remaining`;
  return [mode, state, connectionState && `connection ${connectionState}`, copied].filter((part) => part).join(", ");
}
