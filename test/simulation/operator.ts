import type { ReplicationService } from "../../server/replication/role/replication-service";
import { isServerError, ServerError } from "../../server/sdk/errors";
import { compareLineage } from "../../server/sdk/lineage";
import type { ReplicationMode } from "../../server/sdk/log";
import { Memberships } from "./memberships";
import { WORLD } from "./scheduler";
import type { SimulatedCluster } from "./simulated-cluster";
import { APPROLE_PATH, KV_PATH } from "./simulated-mounts";
import { FILTERED_PATH, OPEN_PATH } from "./topology";
import { tableOfSite, type World } from "./world";

const CALL_MILLISECONDS = 12_000;
const POLL_MILLISECONDS = 100;
const DENYING = { mode: "deny", paths: [FILTERED_PATH] } as const;
const ALLOWING = { mode: "allow", paths: [OPEN_PATH, KV_PATH, APPROLE_PATH] } as const;
const NO_API = { address: "", caFile: "", caPath: "", caCertificate: "" };

/** What an operator can do with one command, tried again until it is done: calls fail, time out, and may have worked all the same. */
export class Operator {
  /** Calls without an answer yet, by whom they were made to: also those that the operator no longer waits for. */
  private readonly underWay = new Map<Promise<unknown>, { cluster: SimulatedCluster; service: ReplicationService }>();

  readonly memberships = new Memberships();

  constructor(readonly world: World) {}

  /** Whether a process that still runs works on a call: its outcome is open, whoever waits for it. */
  get isWorking(): boolean {
    return [...this.underWay.values()].some(({ cluster, service }) => cluster.replication === service);
  }

  /** @returns whether it held in time */
  async until(holds: () => boolean, milliseconds: number): Promise<boolean> {
    const { scheduler } = this.world;
    const end = scheduler.nowMilliseconds + milliseconds;
    while (!holds()) {
      if (scheduler.nowMilliseconds >= end) return false;
      await scheduler.sleep(POLL_MILLISECONDS, WORLD, "poll");
    }
    return true;
  }

  /** Runs a call with the patience of an HTTP client. @returns whether it is known to have worked */
  async call(name: string, cluster: SimulatedCluster, run: (service: ReplicationService) => Promise<unknown>) {
    const { scheduler, coverage } = this.world;
    const service = cluster.replication;
    if (service === undefined) return false;
    return await new Promise<boolean>((resolve) => {
      const cancel = scheduler.after(CALL_MILLISECONDS, WORLD, "operator gives up", () => resolve(false));
      const settle = (worked: boolean, why: string): void => {
        cancel();
        scheduler.trace(`operator: ${name} at ${cluster.name}: ${why}`);
        coverage.count(`${name}: ${worked ? "done" : "failed"}`);
        resolve(worked);
      };
      const working = run(service);
      this.underWay.set(working, { cluster, service });
      working
        .finally(() => this.underWay.delete(working))
        .then(
          () => settle(true, "done"),
          (error: unknown) => settle(false, error instanceof ServerError ? error.message : String(error)),
        );
    });
  }

  /** Repeats until it worked or the time is over. */
  async insist(milliseconds: number, attempt: () => Promise<boolean>): Promise<boolean> {
    const { scheduler } = this.world;
    const end = scheduler.nowMilliseconds + milliseconds;
    while (!(await attempt())) {
      if (scheduler.nowMilliseconds >= end) return false;
      await scheduler.sleep(500, WORLD, "operator waits");
    }
    return true;
  }

  roleOf(cluster: SimulatedCluster, mode: ReplicationMode): string {
    return cluster.replication?.state()[mode] ?? "down";
  }

  enablePrimary(cluster: SimulatedCluster, mode: ReplicationMode, milliseconds: number): Promise<boolean> {
    return this.insist(milliseconds, async () => {
      if (this.roleOf(cluster, mode) === "primary") return true;
      this.world.successions.excuse(mode, cluster.name);
      await this.call("enable primary", cluster, (service) =>
        service.enablePrimary(mode, { primaryClusterAddress: "" }),
      );
      return false;
    });
  }

  /** Makes a fresh cluster, or one whose replication was disabled, a secondary. */
  link(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode, milliseconds: number) {
    return this.insist(milliseconds, async () => {
      const role = this.roleOf(secondary, mode);
      if (role === "secondary" || role === "bootstrapping") {
        return await this.until(() => secondary.isStreaming(mode), 10_000);
      }
      if (role === "disabled") {
        const token = await this.token(primary, secondary, mode);
        if (token === undefined) return false;
        const enabled = await this.call("enable secondary", secondary, (service) =>
          service.enableSecondary(mode, { token, api: NO_API }),
        );
        if (enabled) this.memberships.made(primary, secondary, mode);
      }
      return false;
    });
  }

  /** Hands over in order. @returns whether the target is primary */
  async planned(mode: ReplicationMode, from: SimulatedCluster, to: SimulatedCluster, milliseconds: number) {
    const key = `${mode} ${to.name}`;
    const promoted = await this.insist(milliseconds, async () => {
      if (this.roleOf(to, mode) === "primary") return true;
      const role = this.roleOf(from, mode);
      if (role === "primary") {
        const signal = new AbortController().signal;
        await this.call(`demote ${mode} with target`, from, (service) =>
          service.demotePrimary(mode, { targetId: to.name, signal }),
        );
      } else if (role === "secondary") {
        // Demoted, so it had drained to the target; nothing was acknowledged since.
        this.world.planned.add(key);
        await this.call(`promote ${mode}`, to, (service) =>
          service.promoteSecondary(mode, { primaryClusterAddress: "", force: false }),
        );
      }
      return false;
    });
    return promoted;
  }

  /** Promotes without the old primary. */
  unplanned(mode: ReplicationMode, to: SimulatedCluster, milliseconds: number): Promise<boolean> {
    return this.insist(milliseconds, async () => {
      if (this.roleOf(to, mode) === "primary") return true;
      if (this.roleOf(to, mode) === "secondary") {
        await this.call(`promote ${mode} by force`, to, (service) =>
          service.promoteSecondary(mode, { primaryClusterAddress: "", force: true }),
        );
      }
      return false;
    });
  }

  /** Has a former primary, or a secondary of one, follow the new primary. */
  follow(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode, milliseconds: number) {
    let told = false;
    return this.insist(milliseconds, async () => {
      const role = this.roleOf(secondary, mode);
      if (role === "primary") {
        await this.demote(secondary, mode);
        return false;
      }
      if (role === "secondary" && !told) {
        told = await this.tellPrimary(primary, secondary, mode);
        return false;
      }
      return told && (await this.until(() => secondary.isStreaming(mode), 15_000));
    });
  }

  /** @returns whether nobody can follow with the secondary's credentials any more */
  revoke(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode): Promise<boolean> {
    const { ledger, successions } = this.world;
    successions.excuse(mode, primary.name);
    // Without a DR secondary nothing is acknowledged synchronously any more.
    const ends = mode === "dr" && ledger.unguard(primary.name);
    return this.call(`revoke ${mode} secondary`, primary, (service) =>
      service.revokeSecondary(mode, secondary.name).catch((error: unknown) => {
        if (ends && isServerError(error, "invalid_request")) ledger.notUnguarded(primary.name);
        throw error;
      }),
    );
  }

  /** Takes a cluster out of its set, whatever it is in it. @returns whether it is out of it */
  disable(cluster: SimulatedCluster, mode: ReplicationMode, milliseconds: number): Promise<boolean> {
    return this.insist(milliseconds, async () => {
      const role = this.roleOf(cluster, mode);
      if (role === "disabled") return true;
      this.world.successions.excuse(mode, cluster.name);
      await this.call(`disable ${mode} ${role}`, cluster, (service) =>
        role === "primary" ? service.disablePrimary(mode) : service.disableSecondary(mode),
      );
      return false;
    });
  }

  /** Says once more what every secondary may have. */
  async filterAll(primary: SimulatedCluster, milliseconds: number): Promise<boolean> {
    for (const name of this.world.filters.names()) {
      if (!(await this.filter(primary, name, milliseconds))) return false;
    }
    return true;
  }

  /** Has the primary do what is wanted of the secondary's filter. */
  async filter(primary: SimulatedCluster, name: string, milliseconds: number, byAllowing = false): Promise<boolean> {
    const { filters, confirmed } = this.world;
    const denied = filters.isDenied(name);
    const filter = byAllowing ? ALLOWING : DENYING;
    const set = (): Promise<boolean> =>
      this.call(denied ? `paths filter by ${filter.mode}` : "paths filter removed", primary, (service) =>
        denied ? service.writePathsFilter(name, filter) : service.deletePathsFilter(name),
      );
    if (!(await this.insist(milliseconds, set))) return false;
    if (!filters.isSettled(name)) filters.changed(name);
    confirmed.delete(`performance ${name}`);
    return true;
  }

  /** Gives the cluster the role whose table it answers for, however it was left. @returns whether it is primary */
  makePrimary(cluster: SimulatedCluster, mode: ReplicationMode, milliseconds: number): Promise<boolean> {
    return this.insist(milliseconds, async () => {
      const role = this.roleOf(cluster, mode);
      if (role === "primary") return true;
      if (role === "disabled") await this.enablePrimary(cluster, mode, 0);
      // A handing over that was not ended: it gave the role up, and nobody took it.
      else if (role === "secondary") await this.unplanned(mode, cluster, 0);
      return false;
    });
  }

  /** Brings a cluster to the side of the primary, from whatever it is now. @returns whether it streams */
  bring(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode, milliseconds: number) {
    let told = false;
    return this.insist(milliseconds, async () => {
      if (!(await this.makePrimary(primary, mode, 0))) return false;
      const role = this.roleOf(secondary, mode);
      const isOfSet = primary.status(mode).cluster_id === secondary.status(mode).cluster_id;
      if (isOfSet && this.isAtSideOf(primary, secondary, mode)) return true;
      if (role === "primary") {
        await this.demote(secondary, mode);
      } else if ((role === "secondary" || role === "bootstrapping") && !isOfSet) {
        await this.disable(secondary, mode, 0);
      } else if (role === "secondary" && !told) {
        told = await this.tellPrimary(primary, secondary, mode);
      } else if (role === "disabled") {
        await this.link(primary, secondary, mode, 0);
      } else if (role !== "down") {
        if (await this.until(() => secondary.isStreaming(mode), 15_000)) return true;
        // Its membership may be revoked, or another's token may have taken its place: it would wait for ever.
        if (this.roleOf(secondary, mode) === "bootstrapping") await this.disable(secondary, mode, 0);
      }
      return false;
    });
  }

  private isAtSideOf(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode): boolean {
    if (!secondary.isStreaming(mode)) return false;
    return secondary.requireCore().log.cursor(mode)?.clusterId === primary.clusterId;
  }

  private async demote(cluster: SimulatedCluster, mode: ReplicationMode): Promise<void> {
    const signal = new AbortController().signal;
    await this.call(`demote ${mode}`, cluster, (service) =>
      service.demotePrimary(mode, { targetId: undefined, signal }),
    );
  }

  private async tellPrimary(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode) {
    const token = await this.token(primary, secondary, mode);
    if (token === undefined) return false;
    const told = await this.call(`update ${mode} primary by a token`, secondary, (service) =>
      service.updatePrimary(mode, { token, api: NO_API, addresses: [] }),
    );
    if (told) this.memberships.made(primary, secondary, mode);
    return told;
  }

  /** An operator decides that a replaced primary goes on all the same. */
  async overrideFence(cluster: SimulatedCluster, mode: ReplicationMode): Promise<void> {
    const { ledger, successions } = this.world;
    const { core } = cluster;
    if (core === undefined) return;
    successions.excuse(mode, cluster.name);
    ledger.override(cluster.name, core.log.lastIndex());
    await this.call(`override ${mode} fence`, cluster, (service) =>
      service.overrideFence(mode).catch((error: unknown) => {
        // "Nothing to override"; after anything else it may have happened.
        if (isServerError(error, "invalid_request")) ledger.notOverridden(cluster.name);
        throw error;
      }),
    );
  }

  /** From now on everything is encrypted with a new key, which has to reach the secondaries ahead of what needs it. */
  rotate(primary: SimulatedCluster): Promise<boolean> {
    return this.call("keyring rotated", primary, () => primary.requireCore().barrier.rotate());
  }

  /** Tells a secondary where its primary is to be found. */
  tellAddress(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode): Promise<boolean> {
    return this.call(`update ${mode} primary by addresses`, secondary, (service) =>
      service.updatePrimary(mode, { token: undefined, api: NO_API, addresses: [primary.address] }),
    );
  }

  /** A token for the secondary, which follows with no other any more; undefined: not this time. */
  private async token(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode) {
    let token: string | undefined;
    let waits = false;
    await this.call("secondary token", primary, async (service) => {
      const request = { id: secondary.name, ttlSeconds: 1_800, creationPath: "p" };
      const wrap = await service.issueSecondaryToken(mode, request).catch((error: unknown) => {
        waits = isServerError(error, "unconfirmed") || isServerError(error, "dr_unconfirmed");
        throw error;
      });
      token = wrap.token;
    });
    // The primary waits for the word of the very secondary that needs the token: it makes one once that is revoked.
    if (waits) await this.revoke(primary, secondary, mode);
    if (waits) await this.revokeOthersThatLeft(primary, secondary, mode);
    return token;
  }

  /**
   * A primary is not told of a secondary that left the set at its own end, and goes on waiting for its word. Where several left,
   * revoking only the one that needs a token ends no wait. The same goes for one that went with the other of two primaries: what
   * it says at each attempt to connect is that two clusters were promoted.
   */
  private async revokeOthersThatLeft(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode) {
    const { known_secondaries: known } = primary.status(mode);
    if (!Array.isArray(known)) return;
    for (const other of this.world.clusters.values()) {
      if (other === secondary || !known.includes(other.name)) continue;
      if (!this.hasLeft(other, mode) && !this.isOfAnotherHistory(primary, other, mode)) continue;
      await this.revoke(primary, other, mode);
    }
  }

  private isOfAnotherHistory(primary: SimulatedCluster, other: SimulatedCluster, mode: ReplicationMode): boolean {
    const [ours, theirs] = [primary, other].map(({ core }) => core?.barrier.lineage(mode));
    if (ours === undefined || theirs === undefined || this.roleOf(other, mode) !== "secondary") return false;
    return compareLineage(ours, theirs) === "forked";
  }

  /** Whether nobody can come back with the credentials that the cluster got, which go over to who takes its place in its site. */
  private hasLeft(cluster: SimulatedCluster, mode: ReplicationMode): boolean {
    const { world } = this;
    if (mode === "dr") return this.roleOf(cluster, mode) === "disabled";
    const active = world.cluster(world.ledger.ownerOf(tableOfSite(world.siteOf(cluster.name))));
    // A DR secondary shows no performance role, but may hold one in reserve.
    return this.roleOf(active, mode) === "disabled" && this.roleOf(active, "dr") !== "secondary";
  }
}
