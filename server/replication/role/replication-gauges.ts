import { currentEpoch } from "../../sdk/lineage";
import type { ReplicationMode } from "../../sdk/log";
import type { MetricDeclaration, Reading } from "../../sdk/metrics";
import { ageOf } from "../stream/heartbeat-exchange";
import type { PrimaryHub, SecondaryView } from "../stream/primary-hub";
import type { ReplicationDependencies } from "./dependencies";
import type { Divergence } from "./divergence";
import type { LineageConfirmation } from "./lineage-confirmation";
import type { RelevantIndices } from "./relevant-index";
import { FOLLOWER_STATES, ROLES, replicationMetrics } from "./replication-metrics";
import { MODES } from "./replication-store";
import { isFenced } from "./role-rules";
import type { RoleState } from "./role-state";
import type { Runners } from "./runners";
import type { SecondaryRunner } from "./secondary-runner";

type GaugeDeclaration = MetricDeclaration<"gauge">;
type Value = number | undefined;

export interface GaugeSources {
  readonly state: RoleState;
  readonly hub: PrimaryHub;
  readonly runners: Runners;
  readonly confirmation: LineageConfirmation;
  readonly divergence: Divergence;
  relevant(): RelevantIndices | undefined;
}

/** Reads roles and positions whenever somebody asks for the metrics; nothing is kept up to date meanwhile. */
export class ReplicationGauges {
  private readonly releases: (() => void)[] = [];

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly sources: GaugeSources,
  ) {
    this.addRoles();
    this.addLog();
    this.addSecondary();
    this.addPrimary();
  }

  close(): void {
    for (const release of this.releases.splice(0)) release();
  }

  private addRoles(): void {
    const { state, confirmation, divergence } = this.sources;
    this.perMode(replicationMetrics.epoch, (mode) => currentEpoch(state.lineage(mode)).number);
    this.perMode(replicationMetrics.fenced, (mode) => bit(isFenced(state.holds, mode)));
    this.perMode(replicationMetrics.unconfirmed, (mode) => bit(confirmation.isWaiting(mode)));
    this.perMode(replicationMetrics.divergenceReports, (mode) => divergence.count(mode));
    this.add(replicationMetrics.role, () =>
      MODES.flatMap((mode) => ROLES.map((role) => row({ mode, role }, bit(state.effective(mode) === role)))),
    );
  }

  private addLog(): void {
    const { log } = this.deps.core;
    const { sources } = this;
    this.add(replicationMetrics.lastWal, () => log.lastIndex());
    this.add(replicationMetrics.lastPerformanceWal, () => sources.relevant()?.of("performance"));
    this.add(replicationMetrics.lastDrWal, () => sources.relevant()?.of("dr"));
    this.add(replicationMetrics.commitIndex, () => log.lastIndex());
    this.add(replicationMetrics.flushQueue, () => log.waitingAppends());
    for (const declaration of [replicationMetrics.bufferLength, replicationMetrics.gcTotal])
      this.add(declaration, () => log.lastIndex() - log.oldestIndex() + 1);
    this.add(replicationMetrics.gcDeleted, () => log.oldestIndex() - 1);
    this.add(replicationMetrics.bufferSize, () => log.storedBytes());
    this.add(replicationMetrics.bufferMaxSize, () => log.retentionBytes);
  }

  private addSecondary(): void {
    const { runners } = this.sources;
    this.ofRunner(replicationMetrics.connected, (runner) => bit(runner.connectionState === "ready"));
    this.ofRunner(replicationMetrics.lastRemoteWal, (runner) => runner.applied.index);
    this.ofRunner(replicationMetrics.lastUpstreamRemoteWal, (runner) => runner.upstreamIndex);
    this.ofRunner(replicationMetrics.entriesBehind, (runner) => runner.entriesBehind());
    this.ofRunner(replicationMetrics.canaryAge, (runner) => runner.canaryAgeMilliseconds());
    this.ofRunner(replicationMetrics.heartbeatDuration, (runner) => runner.peer()?.roundTripMilliseconds);
    this.ofRunner(replicationMetrics.clockSkew, (runner) => runner.peer()?.clockSkewMilliseconds);
    this.perMode(replicationMetrics.syncTotalKeys, (mode) => runners.syncProgress(mode)?.totalKeys);
    this.perMode(replicationMetrics.syncProgress, (mode) => runners.syncProgress(mode)?.syncedKeys);
    this.add(replicationMetrics.state, () =>
      MODES.flatMap((mode) => {
        const current = runners.of(mode)?.state;
        if (current === undefined) return [];
        return FOLLOWER_STATES.map((state) => row({ mode, state }, bit(state === current)));
      }),
    );
  }

  private addPrimary(): void {
    const { clock, core } = this.deps;
    const { hub } = this.sources;
    const metrics = replicationMetrics;
    this.perSecondary(metrics.secondaryConnected, (view) => bit(view?.connected === true));
    this.perSecondary(metrics.secondaryLastRemoteWal, (view) => view?.appliedIndex);
    this.perSecondary(metrics.secondaryEntriesBehind, (view) =>
      view === undefined ? undefined : Math.max(0, core.log.lastIndex() - view.appliedIndex),
    );
    this.perSecondary(metrics.secondaryCanaryAge, (view) => ageOf(view?.peer.peerCanaryAtMilliseconds, clock));
    this.perSecondary(metrics.secondaryHeartbeatDuration, (view) => heard(view)?.roundTripMilliseconds);
    this.perSecondary(metrics.secondaryClockSkew, (view) => heard(view)?.clockSkewMilliseconds);
    this.perSecondary(metrics.secondaryUnacknowledged, (view) =>
      view?.connected === true ? view.unacknowledgedBytes : undefined,
    );
    this.perSecondary(metrics.secondaryCatchUpPosition, (_view, mode, id) => hub.catchUpPosition(mode, id));
    this.perSecondary(metrics.lastHeartbeat, (view) => ageOf(view?.peer.heardAtMilliseconds, clock));
  }

  private add(declaration: GaugeDeclaration, read: () => Value | Iterable<Reading>): void {
    this.releases.push(this.deps.metrics.gauge(declaration, read));
  }

  private perMode(declaration: GaugeDeclaration, read: (mode: ReplicationMode) => Value): void {
    this.add(declaration, () => MODES.flatMap((mode) => present({ mode }, read(mode))));
  }

  private ofRunner(declaration: GaugeDeclaration, read: (runner: SecondaryRunner) => Value): void {
    this.perMode(declaration, (mode) => {
      const runner = this.sources.runners.of(mode);
      return runner === undefined ? undefined : read(runner);
    });
  }

  private perSecondary(
    declaration: GaugeDeclaration,
    read: (view: SecondaryView | undefined, mode: ReplicationMode, id: string) => Value,
  ): void {
    const { state, hub } = this.sources;
    this.add(declaration, () =>
      MODES.filter((mode) => state.effective(mode) === "primary").flatMap((mode) =>
        [...state.of(mode).members.values()]
          .filter((member) => !member.revoked)
          .flatMap(({ id }) => present({ mode, secondary: id }, read(hub.view(mode, id), mode, id))),
      ),
    );
  }
}

function heard(view: SecondaryView | undefined): SecondaryView["peer"] | undefined {
  return view?.peer.lastHeartbeatMilliseconds === undefined ? undefined : view.peer;
}

function row(labels: Readonly<Record<string, string>>, value: number): Reading {
  return { labels, value };
}

function present(labels: Readonly<Record<string, string>>, value: Value): readonly Reading[] {
  return value === undefined ? [] : [row(labels, value)];
}

function bit(holds: boolean): number {
  return holds ? 1 : 0;
}
