import type { RoleChange } from "../../sdk/barrier";
import { isServerError } from "../../sdk/errors";
import type { ReplicationMode } from "../../sdk/log";
import { SerialTasks } from "../../sdk/serial-tasks";
import type { WriteOperation } from "../../sdk/view";
import type { ReplicationDependencies } from "./dependencies";
import { MODES } from "./replication-store";
import type { RoleState } from "./role-state";

/**
 * Why what a secondary holds may not be what its primary held at one moment. `guess`: it streams from a position that was
 * found by what its log says of another cluster's numbering, and no checkpoint has confirmed it: it may hold writes that its
 * former primary alone had, with entries of the new one on top. `repair`: keys that differ are being brought over one by one.
 * `accepted`: it was promoted in one of these states, by an operator's express will.
 */
export type Unsettled = "guess" | "repair" | "accepted";

/** A promotion would say of such content that the new epoch begins where it does not. */
export type Doubt = Exclude<Unsettled, "accepted">;

const REFUSALS: Readonly<Record<Doubt, string>> = {
  guess:
    "this cluster came to another primary, which has not confirmed that both hold the same: it may hold writes of the former " +
    "primary that the set has lost, and lack others in their place",
  repair:
    "this cluster is in the middle of a repair: some keys are as its primary has them now, others as it held them before, " +
    "which no primary ever did",
};

const FIND_OUT_MILLISECONDS = 200;

/**
 * Kept over restarts: a repair that a crash interrupted is still half done. The performance mode's goes to the DR secondary of
 * this cluster, which mirrors what is in doubt. Nothing holds these records back: they say no more than what comes from the primary.
 */
export class UnsettledContent {
  private readonly known = new Map<ReplicationMode, Unsettled>();
  /** What is read is never older than what was written before. */
  private readonly tasks = new SerialTasks();

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
  ) {}

  load(): Promise<void> {
    return this.tasks.run(() => this.read());
  }

  of(mode: ReplicationMode): Unsettled | undefined {
    return this.known.get(mode);
  }

  /** Undefined: what is here can be promoted. */
  doubt(mode: ReplicationMode): Doubt | undefined {
    const unsettled = this.of(mode);
    return unsettled === "accepted" ? undefined : unsettled;
  }

  /** Why not even force promotes this cluster, and what does; undefined where it does. */
  refusal(mode: ReplicationMode): string | undefined {
    const doubt = this.doubt(mode);
    if (doubt === undefined) return undefined;
    return (
      `${REFUSALS[doubt]}. Let it finish with its primary, or promote another secondary. Where neither is possible, ` +
      "force together with accept_partial_repair promotes it as it is"
    );
  }

  /** Takes a guessed position. A repair that is half done stays one. @param change for the same commit */
  async guessing(mode: ReplicationMode, change: RoleChange): Promise<void> {
    await this.tasks.run(async () => {
      const unsettled = this.of(mode) === "repair" ? "repair" : "guess";
      // Before it is durable: there is no moment at which the position counts and the doubt does not.
      this.remember(mode, unsettled);
      await this.commit([this.state.store.putUnsettled(mode, unsettled)], change);
    });
  }

  /** Before the first key is brought over. Written whatever is known: a commit that took the record away may have seemed to fail. */
  async repairing(mode: ReplicationMode): Promise<void> {
    await this.tasks.run(async () => {
      await this.commit([this.state.store.putUnsettled(mode, "repair")]);
      this.remember(mode, "repair");
    });
  }

  /** The checksums are the primary's. @param change for the same commit */
  async settled(mode: ReplicationMode, change: RoleChange = {}): Promise<void> {
    await this.tasks.run(async () => {
      const operations = this.of(mode) === undefined ? [] : [this.state.store.putUnsettled(mode, undefined)];
      if (operations.length === 0 && change.reached === undefined) return;
      await this.commit(operations, change);
      this.remember(mode, undefined);
    });
  }

  /** For the commit of a promotion: what is here is what the new epoch begins with. Who promotes it has accepted it. */
  promoted(mode: ReplicationMode): WriteOperation {
    return this.state.store.putUnsettled(mode, this.of(mode) === undefined ? undefined : "accepted");
  }

  /** For the commit that leaves the set: what is here is this cluster's own. */
  left(mode: ReplicationMode): WriteOperation {
    return this.state.store.putUnsettled(mode, undefined);
  }

  /** One that fails may have happened all the same. Until that is known what was in doubt before stays so. */
  private async commit(operations: readonly WriteOperation[], change: RoleChange = {}): Promise<void> {
    try {
      await this.deps.core.barrier.commit(operations, { ...change, passesGate: true });
    } catch (error) {
      void this.tasks.run(() => this.findOut());
      throw error;
    }
  }

  /** Reads what is durable until it could be read. */
  private async findOut(): Promise<void> {
    const { core, clock, logger } = this.deps;
    for (;;) {
      try {
        // Truncates nothing; it runs when the log has cleared up what its failed commit left.
        await core.log.truncate(0);
        return await this.read();
      } catch (error) {
        if (isServerError(error, "sealed")) return;
        logger.log("warn", "whether what is held is in doubt is not known yet", { reason: String(error) });
        await clock.sleep(FIND_OUT_MILLISECONDS);
      }
    }
  }

  private async read(): Promise<void> {
    for (const mode of MODES) this.remember(mode, await this.state.store.readUnsettled(mode));
  }

  private remember(mode: ReplicationMode, unsettled: Unsettled | undefined): void {
    if (unsettled === undefined) this.known.delete(mode);
    else this.known.set(mode, unsettled);
  }
}
