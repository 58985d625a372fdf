import type { LogEntry, ReplicationMode } from "../../sdk/log";
import type { ResponseData } from "../../sdk/outcome";
import { CLASSES_OF_MODE } from "../filter/entry-filter";
import type { PrimaryHub, SecondaryView } from "../stream/primary-hub";
import type { ReplicationDependencies } from "./dependencies";
import { refusal } from "./role-rules";
import type { RoleState } from "./role-state";
import type { Runners } from "./runners";
import type { UnsettledContent } from "./unsettled-content";

/** What is not replicated yet, counted exactly as far as it is this little; beyond it is an upper bound. */
const COUNTED_ENTRIES_MAX = 4_096;
const BATCH_ENTRIES = 256;

/** What one secondary lacks. */
interface Backlog {
  readonly writes: number;
  /** `writes` counts entries that the mode does not ship, too. */
  readonly isUpperBound: boolean;
  /** Age of the oldest of them; 0 without any. */
  readonly milliseconds: number;
}

/** A secondary as a target. */
interface Candidate {
  readonly id: string;
  readonly view: SecondaryView | undefined;
  readonly backlog: Backlog | undefined;
  readonly isFiltered: boolean;
}

/** What a promotion would cost now, as each side knows it. Changes nothing. */
export class FailoverPlan {
  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly hub: PrimaryHub,
    private readonly runners: Runners,
    private readonly unsettled: UnsettledContent,
  ) {}

  async of(mode: ReplicationMode): Promise<ResponseData> {
    const time = rfc3339(this.deps.clock.nowMilliseconds());
    const role = this.state.effective(mode);
    if (role === "primary") return { mode: role, time, ...(await this.ofPrimary(mode)) };
    if (role === "secondary") return { mode: role, time, ...this.ofSecondary(mode) };
    return { mode: role, time };
  }

  private async ofPrimary(mode: ReplicationMode): Promise<ResponseData> {
    const { members, filters } = this.state.of(mode);
    const candidates: Candidate[] = [];
    for (const { id, revoked } of members.values()) {
      if (revoked) continue;
      const view = this.hub.view(mode, id);
      const backlog = view && (await this.backlogAfter(mode, view.appliedIndex));
      const isFiltered = mode === "performance" && filters.get(id)?.filter !== undefined;
      candidates.push({ id, view, backlog, isFiltered });
    }
    const best = candidates.filter(isPromotable).sort(byCost)[0];
    return {
      last_wal: this.deps.core.log.lastIndex(),
      demote_allowed: refusal(this.state.roles(), mode, "demote") === undefined,
      drain_timeout_ms: this.deps.settings.drainMilliseconds,
      recommended_target: best?.id ?? "",
      secondaries: candidates.map((candidate) => candidateData(candidate, candidate === best)),
    };
  }

  /** What is behind `index` of our log and shipped in the mode. */
  private async backlogAfter(mode: ReplicationMode, index: number): Promise<Backlog> {
    const { core, clock } = this.deps;
    const last = core.log.lastIndex();
    let writes = 0;
    let oldest: LogEntry | undefined;
    let from = index;
    while (from < last && from - index < COUNTED_ENTRIES_MAX) {
      // What the log holds no more is as old as its beginning at least.
      const entries = await core.log.readBatch(Math.max(from, core.log.oldestIndex() - 1), BATCH_ENTRIES);
      const shipped = entries.filter((entry) => carries(entry, mode));
      oldest ??= shipped[0];
      writes += shipped.length;
      from = entries.at(-1)?.index ?? last;
    }
    const isUpperBound = from < last || index < core.log.oldestIndex() - 1;
    const milliseconds = oldest === undefined ? 0 : Math.max(0, clock.nowMilliseconds() - oldest.writtenAtMilliseconds);
    return { writes: isUpperBound ? last - index : writes, isUpperBound, milliseconds };
  }

  private ofSecondary(mode: ReplicationMode): ResponseData {
    const runner = this.runners.of(mode);
    const reason = refusal(this.state.roles(), mode, "promote") ?? this.hindrance(mode);
    const heartbeat = runner?.peer()?.lastHeartbeatMilliseconds;
    const canary = runner?.canaryAgeMilliseconds();
    return {
      state: runner?.state ?? "idle",
      connection_state: runner?.connectionState ?? "idle",
      last_remote_wal: runner?.applied.index ?? this.deps.core.log.cursor(mode)?.index ?? 0,
      last_heartbeat: heartbeat === undefined ? "" : rfc3339(heartbeat),
      // Nobody knows what a primary did that is not heard of: at most what it did since then.
      writes_behind: runner?.entriesBehind() ?? null,
      seconds_behind: canary === undefined ? null : seconds(canary),
      is_primary_reachable: runner?.connectionState === "ready",
      promote_allowed: reason === undefined,
      promote_refusal: reason ?? "",
    };
  }

  private hindrance(mode: ReplicationMode): string | undefined {
    const refused = this.unsettled.refusal(mode);
    if (refused !== undefined) return refused;
    const caughtUp = this.runners.of(mode)?.isCaughtUp() ?? true;
    return caughtUp
      ? undefined
      : "not everything that the primary was known to have is here; force promotes all the same";
  }
}

function isPromotable({ view, isFiltered }: Candidate): boolean {
  return view !== undefined && !isFiltered;
}

/** Who is there before who is away, then who lacks least, then who is near. */
function byCost(left: Candidate, right: Candidate): number {
  const away = Number(right.view?.connected ?? false) - Number(left.view?.connected ?? false);
  const behind = (left.backlog?.writes ?? 0) - (right.backlog?.writes ?? 0);
  const far = (left.view?.peer.roundTripMilliseconds ?? 0) - (right.view?.peer.roundTripMilliseconds ?? 0);
  return away || behind || far || (left.id < right.id ? -1 : 1);
}

function candidateData({ id, view, backlog, isFiltered }: Candidate, isRecommended: boolean): ResponseData {
  const heartbeat = view?.peer.lastHeartbeatMilliseconds;
  const connected = view?.connected === true;
  return {
    node_id: id,
    connection_status: connected ? "connected" : "disconnected",
    last_heartbeat: heartbeat === undefined ? "" : rfc3339(heartbeat),
    last_remote_wal: view?.appliedIndex ?? null,
    writes_behind: backlog?.writes ?? null,
    writes_behind_is_upper_bound: backlog?.isUpperBound ?? false,
    seconds_behind: backlog === undefined ? null : seconds(backlog.milliseconds),
    drains_at_once: connected && view.verified && backlog?.writes === 0,
    filtered: isFiltered,
    recommended: isRecommended,
  };
}

function carries(entry: LogEntry, mode: ReplicationMode): boolean {
  return entry.operations.some((operation) => CLASSES_OF_MODE[mode].includes(operation.class));
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}

function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
