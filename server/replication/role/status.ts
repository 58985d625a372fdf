import { currentEpoch } from "../../sdk/lineage";
import type { Lineage, ReplicationMode } from "../../sdk/log";
import type { ResponseData } from "../../sdk/outcome";
import { CLASSES_OF_MODE } from "../filter/entry-filter";
import { ageOf, type PeerFacts } from "../stream/heartbeat-exchange";
import type { PrimaryHub } from "../stream/primary-hub";
import { type Checksums, checksumsOf } from "../stream/running-checksums";
import type { ReplicationDependencies } from "./dependencies";
import type { ConflictWitness } from "./fence-records";
import type { LineageConfirmation } from "./lineage-confirmation";
import type { LineageConflicts } from "./lineage-conflicts";
import type { Merkle } from "./merkle";
import type { PrimaryLink, RoleRecord } from "./records";
import type { RelevantIndices } from "./relevant-index";
import { isFenced } from "./role-rules";
import type { RoleState } from "./role-state";
import type { Runners } from "./runners";
import type { SecondaryRunner } from "./secondary-runner";
import type { SynchronousDr } from "./synchronous-dr";
import type { UnsettledContent } from "./unsettled-content";

/** Go's zero time in epoch seconds: a corruption check that never ran. Dashboards know it. */
const NEVER_CHECKED = "-62135596800";
const NEVER_REINDEXED = "0";
/** Hex digits of `merkle_root`, the size that dashboards are made for. */
const ROOT_DIGITS = 40;

/** sys/replication/status, field for field and type for type. */
export class ReplicationStatus {
  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly hub: PrimaryHub,
    private readonly runners: Runners,
    private readonly merkle: Merkle,
    private readonly confirmation: LineageConfirmation,
    private readonly conflicts: LineageConflicts,
    private readonly unsettled: UnsettledContent,
    private readonly synchronousDr: SynchronousDr,
    private readonly relevant: () => RelevantIndices | undefined,
  ) {}

  of(mode: ReplicationMode): ResponseData {
    const { role } = this.state.of(mode);
    switch (this.state.effective(mode)) {
      case "primary":
        return this.primary(mode, role);
      case "secondary":
        return this.secondary(mode, role);
      case "bootstrapping":
        return this.bootstrapping(mode);
      case "disabled":
        return { mode: "disabled" };
    }
  }

  private primary(mode: ReplicationMode, role: RoleRecord): ResponseData {
    const lastIndex = this.deps.core.log.lastIndex();
    return {
      mode: "primary",
      state: this.primaryState(mode),
      epoch: epochData(this.state.lineage(mode)),
      ...this.conflicting(mode),
      ...(this.unsettled.of(mode) === "accepted" ? { accepted_partial_repair: true } : {}),
      cluster_id: role.role === "primary" ? role.setId : "",
      known_secondaries: this.knownSecondaries(mode),
      secondaries: this.secondaries(mode),
      last_wal: lastIndex,
      [mode === "dr" ? "last_dr_wal" : "last_performance_wal"]: this.relevant()?.of(mode) ?? lastIndex,
      primary_cluster_addr: role.role === "primary" ? role.primaryClusterAddress : "",
      ...(mode === "dr" ? this.synchronousDr.status() : {}),
      ...this.index(mode),
    };
  }

  /** Clusters that were promoted beside this one; the field is there while there are any. */
  private conflicting(mode: ReplicationMode): ResponseData {
    const conflicts = this.conflicts.of(mode);
    if (conflicts.length === 0) return {};
    return {
      conflicting_epochs: conflicts.map(({ lineage, witnesses }) => {
        const named = witnesses.map(witnessData);
        return { ...epochData(lineage), ...named[0], witnesses: named };
      }),
    };
  }

  private primaryState(mode: ReplicationMode): "fenced" | "unconfirmed" | "running" {
    if (isFenced(this.state.holds, mode)) return "fenced";
    return this.confirmation.isWaiting(mode) ? "unconfirmed" : "running";
  }

  private secondary(mode: ReplicationMode, role: RoleRecord): ResponseData {
    const runner = this.runners.of(mode);
    const link = role.role === "secondary" ? role.link : undefined;
    return {
      mode: "secondary",
      state: runner?.state ?? "idle",
      connection_state: runner?.connectionState ?? "idle",
      cluster_id: role.role === "secondary" ? role.setId : "",
      secondary_id: link?.secondaryId ?? "",
      primary_cluster_addr: link?.primaryClusterAddress ?? "",
      known_primary_cluster_addrs: link?.knownAddresses ?? [],
      primaries: runner === undefined || link === undefined ? [] : [this.primaryPeer(runner, link)],
      last_remote_wal: runner?.applied.index ?? this.deps.core.log.cursor(mode)?.index ?? 0,
      last_start: runner === undefined ? undefined : rfc3339(runner.startedAtMilliseconds),
      merkle_sync_progress: this.syncProgress(mode),
      ...(this.unsettled.of(mode) === "guess" ? { unconfirmed_position: true } : {}),
      ...(this.unsettled.of(mode) === "repair" ? { partial_repair: true } : {}),
      ...this.index(mode),
    };
  }

  private bootstrapping(mode: ReplicationMode): ResponseData {
    const connection = this.runners.buildConnection();
    const build = this.runners.buildLink();
    return {
      mode: "bootstrapping",
      state: "merkle-sync",
      connection_state: connection?.state ?? "idle",
      cluster_id: build?.setId ?? "",
      secondary_id: build?.link.secondaryId ?? "",
      primary_cluster_addr: build?.link.primaryClusterAddress ?? "",
      // Why the last attempt failed. Being no member, or the set being gone, does not heal by itself.
      ...(connection === undefined || connection.lastFailure === "" ? {} : { reason: connection.lastFailure }),
      merkle_sync_progress: this.syncProgress(mode) ?? { sync_total_keys: 0, sync_progress: 0 },
    };
  }

  private syncProgress(mode: ReplicationMode): ResponseData | undefined {
    const progress = this.runners.syncProgress(mode);
    if (progress === undefined) return undefined;
    return { sync_total_keys: progress.totalKeys, sync_progress: progress.syncedKeys };
  }

  private index(mode: ReplicationMode): ResponseData {
    const { corrupted, checkedAtMilliseconds, reindexedAtMilliseconds } = this.merkle.facts;
    return {
      merkle_root: merkleRoot(
        checksumsOf(this.deps.core.log, mode, () => true),
        mode,
      ),
      corrupted_merkle_tree: corrupted,
      last_corruption_check_epoch: epochSeconds(checkedAtMilliseconds, NEVER_CHECKED),
      last_reindex_epoch: epochSeconds(reindexedAtMilliseconds, NEVER_REINDEXED),
      ssct_generation_counter: this.tokenGeneration(),
    };
  }

  /** Grows at each promotion of a DR cluster: tokens from before are not waited for, they are here or were lost. */
  private tokenGeneration(): number {
    return Math.max(0, this.state.lineage("dr").length - 1);
  }

  private knownSecondaries(mode: ReplicationMode): readonly string[] {
    return [...this.state.of(mode).members.values()].filter((member) => !member.revoked).map((member) => member.id);
  }

  private secondaries(mode: ReplicationMode): readonly ResponseData[] {
    return this.knownSecondaries(mode).flatMap((id) => {
      const view = this.hub.view(mode, id);
      if (view === undefined) return [];
      const canary = ageOf(view.peer.peerCanaryAtMilliseconds, this.deps.clock);
      const peer = peerData(view.peer, view.hello.apiAddress, view.hello.clusterAddress, view.connected, canary);
      const behind = Math.max(0, this.deps.core.log.lastIndex() - view.appliedIndex);
      const position = this.hub.catchUpPosition(mode, id);
      const waiting = position === 0 ? {} : { catch_up_position: position };
      const standing = { last_remote_wal: view.appliedIndex, entries_behind: behind };
      return [{ node_id: id, ...peer, ...standing, unacknowledged_bytes: view.unacknowledgedBytes, ...waiting }];
    });
  }

  private primaryPeer(runner: SecondaryRunner, link: PrimaryLink): ResponseData {
    const peer = runner.peer();
    const connected = runner.connectionState === "ready";
    const address = runner.address ?? link.primaryClusterAddress;
    const canary = runner.canaryAgeMilliseconds();
    const data = peerData(peer, peer?.apiAddress ?? "", withScheme(address), connected, canary);
    return { ...data, entries_behind: runner.entriesBehind() };
  }
}

function peerData(
  peer: PeerFacts | undefined,
  apiAddress: string,
  clusterAddress: string,
  connected: boolean,
  canaryAgeMilliseconds: number | undefined,
): ResponseData {
  const lastHeartbeat = peer?.lastHeartbeatMilliseconds;
  return {
    api_address: apiAddress,
    cluster_address: clusterAddress,
    connection_status: connected ? "connected" : "disconnected",
    last_heartbeat: lastHeartbeat === undefined ? "" : rfc3339(lastHeartbeat),
    last_heartbeat_duration_ms: String(Math.round(peer?.roundTripMilliseconds ?? 0)),
    clock_skew_ms: String(peer?.clockSkewMilliseconds ?? 0),
    replication_primary_canary_age_ms: String(Math.round(canaryAgeMilliseconds ?? 0)),
  };
}

function epochData(lineage: Lineage): ResponseData {
  const { number, clusterId } = currentEpoch(lineage);
  return { number, cluster_id: clusterId };
}

function merkleRoot(checksums: Checksums, mode: ReplicationMode): string {
  const sums = CLASSES_OF_MODE[mode].map((keyClass) => checksums[keyClass].toString("hex").slice(0, ROOT_DIGITS));
  if (sums.length === 1) return sums[0] ?? "";
  // Both halves count, and each in full length would not fit.
  return sums.map((sum) => sum.slice(0, ROOT_DIGITS / 2)).join("");
}

function withScheme(address: string): string {
  return address === "" || address.startsWith("https://") ? address : `https://${address}`;
}

function witnessData({ secondaryId, clusterAddress, seenAtMilliseconds }: ConflictWitness): ResponseData {
  return { secondary_id: secondaryId, cluster_address: clusterAddress, seen_at: rfc3339(seenAtMilliseconds) };
}

function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function epochSeconds(milliseconds: number | undefined, never: string): string {
  return milliseconds === undefined ? never : String(Math.floor(milliseconds / 1000));
}
