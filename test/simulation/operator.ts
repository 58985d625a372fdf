import type { ReplicationService } from "../../server/replication/role/replication-service";
import { ServerError } from "../../server/sdk/errors";
import type { ReplicationMode } from "../../server/sdk/log";
import { WORLD } from "./scheduler";
import type { SimulatedCluster } from "./simulated-cluster";
import { FILTERED_PATH } from "./topology";
import type { World } from "./world";

const CALL_MILLISECONDS = 12_000;
const POLL_MILLISECONDS = 100;
const NO_API = { address: "", caFile: "", caPath: "", caCertificate: "" };

/** What an operator can do with one command, tried again until it is done: calls fail, time out, and may have worked all the same. */
export class Operator {
  constructor(readonly world: World) {}

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
      run(service).then(
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
        await this.call("enable secondary", secondary, (service) =>
          service.enableSecondary(mode, { token, api: NO_API }),
        );
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
        const signal = new AbortController().signal;
        await this.call(`demote ${mode}`, secondary, (service) =>
          service.demotePrimary(mode, { targetId: undefined, signal }),
        );
        return false;
      }
      if (role === "secondary" && !told) {
        const token = await this.token(primary, secondary, mode);
        if (token === undefined) return false;
        told = await this.call("update primary", secondary, (service) =>
          service.updatePrimary(mode, { token, api: NO_API, addresses: [] }),
        );
        return false;
      }
      return told && (await this.until(() => secondary.isStreaming(mode), 15_000));
    });
  }

  /** Throws a secondary out and takes it in again as a new one. */
  async revokeAndReturn(primary: SimulatedCluster, secondary: SimulatedCluster, milliseconds: number): Promise<void> {
    const mode = "performance";
    const revoked = await this.call("revoke", primary, (service) => service.revokeSecondary(mode, secondary.name));
    if (!revoked) return;
    await this.insist(milliseconds / 2, async () => {
      if (this.roleOf(secondary, mode) === "disabled") return true;
      await this.call("disable secondary", secondary, (service) => service.disableSecondary(mode));
      return false;
    });
    await this.link(primary, secondary, mode, milliseconds / 2);
  }

  /** Sets the filters of the topology. */
  async filterAll(primary: SimulatedCluster, milliseconds: number): Promise<boolean> {
    for (const secondary of this.world.topology.filtered) {
      const set = (): Promise<boolean> =>
        this.call("paths filter", primary, (service) =>
          service.writePathsFilter(secondary, { mode: "deny", paths: [FILTERED_PATH] }),
        );
      if (!(await this.insist(milliseconds, set))) return false;
    }
    return true;
  }

  private async token(primary: SimulatedCluster, secondary: SimulatedCluster, mode: ReplicationMode) {
    let token: string | undefined;
    await this.call("secondary token", primary, async (service) => {
      const wrap = await service.issueSecondaryToken(mode, {
        id: secondary.name,
        ttlSeconds: 1_800,
        creationPath: "p",
      });
      token = wrap.token;
    });
    return token;
  }
}
