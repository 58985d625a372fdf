import type { GenerationBuilder } from "../../sdk/barrier";
import type { DivergenceReports, ReplayCaller, ReplayRequestedPaths } from "../../sdk/divergence";
import { ServerError } from "../../sdk/errors";
import { compareLineage, currentEpoch } from "../../sdk/lineage";
import { type Lineage, LogDivergence, type ReplicationMode } from "../../sdk/log";
import type { ResponseData } from "../../sdk/outcome";
import type { FrameChannel } from "../../sdk/transport";
import type { Member } from "../stream/primary-hub";
import type { ReplicationDependencies } from "./dependencies";
import { reportData, rowData, storedData } from "./divergence-answers";
import { type DifferingKey, DivergenceCapture, type OtherHistory } from "./divergence-capture";
import { isPolicy } from "./divergence-collector";
import type { DivergenceReport, DivergenceRow } from "./divergence-records";
import { DivergenceReplay } from "./divergence-replay";
import { RevocationDelivery, serveRevocations } from "./divergence-revocations";
import { DivergenceStore } from "./divergence-store";
import { MODES } from "./replication-store";
import type { RoleState } from "./role-state";

/** How others of this room reach the primary, and run a request as the pipeline of this cluster would. */
export interface DivergenceRoutes {
  open(mode: ReplicationMode, kind: string): Promise<FrameChannel>;
  /** Resolves once all that was written here is as durable as a client would be told. */
  confirmed(): Promise<void>;
  readonly replay: ConstructorParameters<typeof DivergenceReplay>[1];
}

const PAGE_MAX = 1_000;

/** Writes that only this cluster had when its history and its set's parted: found, kept, shown, made again, discarded. */
export class Divergence implements DivergenceReports {
  private known: readonly DivergenceReport[] = [];
  private readonly past = new Map<ReplicationMode, Lineage>();
  private readonly store: DivergenceStore;
  private readonly capture: DivergenceCapture;
  private readonly delivery: RevocationDelivery;
  private readonly replays: DivergenceReplay;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly routes: DivergenceRoutes,
  ) {
    this.store = new DivergenceStore(deps.core.barrier, (key) => {
      deps.logger.log("error", "a record of a divergence report is damaged and left out", { key });
    });
    this.delivery = new RevocationDelivery(deps, state, this.store, routes.open, routes.confirmed);
    this.replays = new DivergenceReplay(deps, routes.replay);
    this.capture = new DivergenceCapture({
      deps,
      store: this.store,
      lineage: (mode) => this.history(mode),
      keptBytes: () => this.known.reduce((sum, report) => sum + report.keptBytes, 0),
      captured: (report) => this.captured(report),
    });
  }

  async load(): Promise<void> {
    this.known = await this.store.reports();
    await this.store.removeLeftovers(new Set(this.known.map((report) => report.id)));
    for (const mode of MODES) this.past.set(mode, await this.store.readPast(mode));
  }

  /** Roles changed: what this cluster is part of now is still known when it has left its set. */
  async review(): Promise<void> {
    for (const mode of MODES) await this.follows(mode, this.state.lineage(mode));
  }

  /** This cluster is part of the history from now on. */
  async follows(mode: ReplicationMode, lineage: Lineage): Promise<void> {
    if (lineage.length === 0 || compareLineage(this.past.get(mode) ?? [], lineage) === "equal") return;
    await this.store.writePast(mode, lineage);
    this.past.set(mode, lineage);
  }

  /** Delivers what was left over. */
  start(): void {
    this.delivery.start();
  }

  /** A former primary hands over what it revoked while it stood alone. */
  serve(channel: FrameChannel, member: Member, isAllowed: (mountPath: string) => boolean): Promise<void> {
    const { meanings, mountPathOf } = this.deps;
    const { confirmed } = this.routes;
    return serveRevocations(channel, member, { state: this.state, meanings, mountPathOf, confirmed }, isAllowed);
  }

  close(): void {
    this.delivery.close();
  }

  count(mode: ReplicationMode): number {
    return this.known.filter((report) => report.mode === mode).length;
  }

  /**
   * Before another history is adopted where both hold the same as it seems.
   * @throws LogDivergence where only a comparison can tell what we alone had
   */
  async beforeAdopting(mode: ReplicationMode, other: OtherHistory): Promise<void> {
    if (await this.capture.fromLog(mode, other)) return;
    throw new LogDivergence(0, "the histories parted at a place that the log no longer holds");
  }

  /** Before anything that differs is replaced. */
  beforeRepair(mode: ReplicationMode, other: OtherHistory, differing: () => Iterable<DifferingKey>): Promise<void> {
    return this.capture.fromDiff(mode, other, differing);
  }

  /** Before a generation takes the place of the one in use: the reports go along. */
  async beforeActivation(mode: ReplicationMode, other: OtherHistory, builder: GenerationBuilder): Promise<void> {
    await this.capture.fromBuild(mode, other, builder);
    for await (const records of this.store.records()) await builder.carry(records);
  }

  // DivergenceReports

  list(mode: ReplicationMode): readonly ResponseData[] {
    return this.known.filter((report) => report.mode === mode).map(reportData);
  }

  async read(
    mode: ReplicationMode,
    id: string,
    page: { readonly after: string | undefined; readonly limit: number },
  ): Promise<ResponseData | undefined> {
    const report = this.find(mode, id);
    if (report === undefined) return undefined;
    const limit = Math.min(Math.max(1, page.limit), PAGE_MAX);
    const rows: DivergenceRow[] = [];
    for await (const row of this.store.rows(id)) {
      if (page.after !== undefined && Buffer.compare(Buffer.from(row.path), Buffer.from(page.after)) <= 0) continue;
      rows.push(row);
      if (rows.length > limit) break;
    }
    const shown = rows.slice(0, limit);
    const next = rows.length > limit ? shown.at(-1)?.path : undefined;
    return { ...reportData(report), entries: shown.map(rowData), next };
  }

  async readEntry(mode: ReplicationMode, id: string, path: string): Promise<ResponseData | undefined> {
    const row = await this.row(mode, id, path);
    if (row === undefined) return undefined;
    const states = await this.store.states(id, row.states);
    if (states.length === 0) throw new ServerError("invalid_request", "the path is listed, but nothing of it is kept");
    const now = this.deps.clock.nowMilliseconds();
    const keys = row.mount && this.deps.meanings?.storedKeysOf(row.mount);
    const relative = path.slice(row.mount?.path.length ?? 0);
    const data = keys?.read?.(relative, states, now);
    if (data !== undefined) return { ...rowData(row), value: data };
    if (row.mount !== undefined || !states.every(({ key }) => isPolicy(key))) return rowData(row);
    return { ...rowData(row), stored: states.map(storedData) };
  }

  async discard(mode: ReplicationMode, id: string): Promise<boolean> {
    const report = this.find(mode, id);
    if (report === undefined) return false;
    this.known = this.known.filter((known) => known !== report);
    await this.store.discard(report);
    this.deps.logger.log("info", "a divergence report was discarded", { mode, report: id });
    return true;
  }

  async replay(
    mode: ReplicationMode,
    id: string,
    request: ReplayRequestedPaths,
    caller: ReplayCaller,
  ): Promise<ResponseData | undefined> {
    if (this.find(mode, id) === undefined) return undefined;
    const paths = new Set(request.paths);
    const found = new Map<string, DivergenceRow>();
    for await (const row of this.store.rows(id)) if (paths.has(row.path)) found.set(row.path, row);
    const results: ResponseData[] = [];
    for (const path of paths) {
      const row = found.get(path);
      const states = row === undefined ? [] : await this.store.states(id, row.states);
      results.push({ path, ...(await this.replays.replay(row, states, request.overwrite, caller)) });
    }
    return { results };
  }

  private history(mode: ReplicationMode): Lineage {
    const present = this.state.lineage(mode);
    return present.length > 0 ? present : (this.past.get(mode) ?? []);
  }

  private find(mode: ReplicationMode, id: string): DivergenceReport | undefined {
    return this.known.find((report) => report.mode === mode && report.id === id);
  }

  private async row(mode: ReplicationMode, id: string, path: string): Promise<DivergenceRow | undefined> {
    if (this.find(mode, id) === undefined) return undefined;
    for await (const row of this.store.rows(id)) if (row.path === path) return row;
    return undefined;
  }

  private captured(report: DivergenceReport): void {
    const { id, mode, writes, paths, revocations, unlistedPaths, unkeptValues } = report;
    this.known = [...this.known.filter((known) => known.id !== id), report];
    const epoch = currentEpoch(this.state.lineage(mode)).number;
    const facts = {
      mode,
      report: id,
      epoch,
      writes,
      paths,
      revocations,
      unlisted: unlistedPaths,
      unkept: unkeptValues,
    };
    this.deps.logger.log("warn", "writes that only this cluster had are kept in a divergence report", facts);
    this.delivery.start();
  }
}
