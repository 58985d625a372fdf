import type { RoleChange } from "../../sdk/barrier";
import { isServerError } from "../../sdk/errors";
import { currentEpoch, describeEpoch } from "../../sdk/lineage";
import type { ReplicationMode } from "../../sdk/log";
import type { ReplicationRole } from "../../sdk/replication";
import { SerialTasks } from "../../sdk/serial-tasks";
import { parseClusterAddress } from "../../sdk/transport";
import type { WriteOperation } from "../../sdk/view";
import type { Member, PrimaryHub } from "../stream/primary-hub";
import type { ClusterPort } from "./cluster-port";
import type { ReplicationDependencies } from "./dependencies";
import type { PrimaryLink } from "./records";
import { MODES } from "./replication-store";
import { isFenced } from "./role-rules";
import type { RoleState } from "./role-state";
import type { Runners } from "./runners";

/** For the log. Never a secret. */
export type RoleFacts = Readonly<Record<string, string | number | boolean | undefined>>;

const FIND_OUT_MILLISECONDS = 200;
/** Until what of new roles could not be taken up is tried once more. */
const SETTLE_AGAIN_MILLISECONDS = 1_000;

/** How the records change, one after the other, each in one commit; afterwards everything follows the new roles. */
export class RoleChanges {
  private readonly tasks = new SerialTasks();
  private readonly followers: (() => Promise<void>)[] = [];
  private readonly besides: (() => Promise<void>)[] = [];
  /** Known from the first time that the roles were settled. */
  private runners: Runners | undefined;
  private readonly toldRoles = new Map<ReplicationMode, ReplicationRole>();
  private readonly closing = new AbortController();
  private settlesAgain = false;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly hub: PrimaryHub,
    private readonly port: ClusterPort,
  ) {}

  /** Runs one operator's call at a time. */
  exclusive<T>(run: () => Promise<T>): Promise<T> {
    return this.tasks.run(run);
  }

  /** An operator's call that changes roles, with a line of the log at its begin and at its end. */
  told<T>(what: string, facts: RoleFacts, run: () => Promise<T>): Promise<T> {
    const { logger } = this.deps;
    return this.exclusive(async () => {
      logger.log("info", `${what} begins`, facts);
      try {
        const result = await run();
        logger.log("info", `${what} ended`, facts);
        return result;
      } catch (error) {
        logger.log("warn", `${what} failed`, { ...facts, reason: error instanceof Error ? error.message : "unknown" });
        throw error;
      }
    });
  }

  /** Runs before anything else whenever the roles have changed. */
  beforeSettling(run: () => Promise<void>): void {
    this.followers.push(run);
  }

  /** Reads what else the commits of role changes write, whenever the roles are read. */
  readBeside(load: () => Promise<void>): void {
    this.besides.push(load);
  }

  /** Nothing is tried again any more. */
  close(): void {
    this.closing.abort();
  }

  /** One commit; a crash leaves the roles as they were or as they shall be. */
  async commit(operations: readonly WriteOperation[], change: RoleChange = {}): Promise<void> {
    try {
      await this.deps.core.barrier.commit(operations, { ...change, passesGate: true });
    } catch (error) {
      if (isServerError(error, "internal")) {
        await this.findOut().catch(() => undefined);
        if (this.runners !== undefined) await this.settle(this.runners);
      }
      throw error;
    }
    try {
      await this.load();
    } catch {
      // What is in memory is the role before: in it nothing may be acknowledged any more.
      await this.findOut();
    }
  }

  private async load(): Promise<void> {
    await this.state.load();
    for (const load of this.besides) await load();
  }

  /**
   * Reads what is durable until it could be read: a failed disk may have made the change durable although it said otherwise, or
   * fails to read it now. Until that is known nothing is acknowledged in either role. @throws sealed
   */
  private async findOut(): Promise<void> {
    const { core, clock, logger } = this.deps;
    this.state.holds = { ...this.state.holds, undecided: true };
    const gated = this.state.applyGate();
    for (;;) {
      try {
        // Truncates nothing; it runs when the log has cleared up what its failed commit left.
        await core.log.truncate(0);
        await this.load();
        break;
      } catch (error) {
        if (isServerError(error, "sealed")) throw error;
        logger.log("warn", "whether the role change happened is not known yet", { reason: String(error) });
        await clock.sleep(FIND_OUT_MILLISECONDS);
      }
    }
    await gated;
    this.state.holds = { ...this.state.holds, undecided: false };
  }

  /**
   * Makes gate, port, streams and followers fit the roles as they are now. The roles are durable, whatever fails of that: it is
   * tried again until it worked.
   */
  async settle(runners: Runners): Promise<void> {
    if (this.closing.signal.aborted) return;
    try {
      await this.takeUp(runners);
    } catch (error) {
      if (isServerError(error, "sealed")) return;
      const reason = error instanceof Error ? error.message : "unknown";
      this.deps.logger.log("warn", "part of what the roles call for failed and is tried again", { reason });
      this.settleLater(runners);
    }
  }

  /** Does everything that the roles call for, also when something of it fails. @throws the first failure */
  async takeUp(runners: Runners): Promise<void> {
    this.runners = runners;
    const steps: readonly (() => void | Promise<void>)[] = [
      ...this.followers,
      () => this.state.applyGate(),
      ...MODES.map((mode) => () => this.listen(mode)),
      () => this.tellRoles(),
      () => runners.follow(),
      () => this.deps.roleChanged(),
    ];
    const failures: unknown[] = [];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  private settleLater(runners: Runners): void {
    if (this.settlesAgain) return;
    this.settlesAgain = true;
    const again = async (): Promise<void> => {
      await this.deps.clock.sleep(SETTLE_AGAIN_MILLISECONDS, this.closing.signal);
      this.settlesAgain = false;
      await this.exclusive(() => this.settle(runners));
    };
    again().catch(() => undefined);
  }

  private async listen(mode: ReplicationMode): Promise<void> {
    if (this.state.effective(mode) === "primary") await this.port.open();
    else this.hub.dropAll(mode);
  }

  private tellRoles(): void {
    const dr = { from: this.toldRoles.get("dr"), to: this.state.effective("dr") };
    for (const mode of MODES) {
      const to = this.state.effective(mode);
      const from = this.toldRoles.get(mode);
      this.toldRoles.set(mode, to);
      if (from === to || (from === undefined && to === "disabled")) continue;
      const epoch = describeEpoch(currentEpoch(this.state.lineage(mode)));
      const reason =
        mode === "performance" && suspends(dr) ? `DR replication: ${reasonOf(dr)}` : reasonOf({ from, to });
      this.deps.logger.log("info", "replication role changed", { mode, from: from ?? "opening", to, reason, epoch });
    }
  }

  /** Changes where a secondary finds its primary, behind operators' calls that are under way. */
  storeLink(mode: ReplicationMode, change: (link: PrimaryLink) => PrimaryLink): Promise<void> {
    return this.exclusive(async () => {
      const { role } = this.state.of(mode);
      if (role.role !== "secondary" || role.link === undefined) return;
      const link = change(role.link);
      if (link !== role.link) await this.commit([this.state.store.putRole(mode, { ...role, link })]);
    });
  }

  /** Puts on record that the member follows this cluster in the epoch it is in. @throws when it may not follow any more */
  async recordFollowing({ mode, id }: Member): Promise<void> {
    if (this.state.hasFollowed({ mode, id })) return;
    await this.exclusive(async () => {
      const known = this.state.of(mode).members.get(id);
      if (known === undefined || known.revoked) throw new Error("not a member");
      if (this.state.effective(mode) !== "primary" || isFenced(this.state.holds, mode)) {
        throw new Error("this cluster is not the primary any more");
      }
      const followed = currentEpoch(this.state.lineage(mode));
      await this.commit([this.state.store.putMember(mode, { ...known, followed, followedByAnother: false })]);
    });
  }

  /** Keeps where a member is to be found, so that others learn it although it is away just then. Does not fail. */
  rememberAddress({ mode, id }: Member, clusterAddress: string): void {
    const isNew = (): boolean => {
      const known = this.state.of(mode).members.get(id);
      return known !== undefined && !known.revoked && known.clusterAddress !== clusterAddress;
    };
    if (!isNew() || parseClusterAddress(clusterAddress) === undefined) return;
    this.exclusive(async () => {
      const known = this.state.of(mode).members.get(id);
      if (known === undefined || !isNew()) return;
      // A cluster that was replaced must not move away from its successor's content.
      if (this.state.effective(mode) !== "primary" || isFenced(this.state.holds, mode)) return;
      await this.commit([this.state.store.putMember(mode, { ...known, clusterAddress })]);
      this.hub.notify();
    }).catch((error: Error) => {
      this.deps.logger.log("warn", "a secondary's address was not stored", { mode, id, reason: error.message });
    });
  }
}

interface ToldChange {
  readonly from: ReplicationRole | undefined;
  readonly to: ReplicationRole;
}

/** Whether the change of the DR role is what makes the performance role rest, or takes it up again. */
function suspends({ from, to }: ToldChange): boolean {
  return from !== undefined && from !== to && (from === "secondary" || to === "secondary");
}

/** Else each way from one role to another has one cause: an operator's call, or the start. */
function reasonOf({ from, to }: ToldChange): string {
  if (from === undefined) return "its stored role";
  if (to === "primary") return from === "secondary" ? "promoted" : "enabled as primary";
  if (to === "disabled") return "disabled";
  return from === "primary" ? "demoted" : "enabled as secondary";
}
