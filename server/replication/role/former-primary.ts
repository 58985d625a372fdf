import type { ReplicationMode } from "../../sdk/log";
import { FramePort } from "../stream/frame-port";
import { PROTOCOL_VERSION } from "../stream/limits";
import { STREAM_CHANNEL } from "../stream/primary-hub";
import { dialWithin } from "../stream/primary-link";
import { zeroChecksums } from "../stream/running-checksums";
import type { ReplicationDependencies } from "./dependencies";
import type { FormerPrimary } from "./fence-records";
import { MODES } from "./replication-store";
import type { RoleState } from "./role-state";

/** How often a former primary that is away is looked for: once it is back it acknowledges writes for no longer than this. */
const LOOK_FIRST_MILLISECONDS = 500;
const LOOK_LATER_MILLISECONDS = 3_000;
const ANSWER_MILLISECONDS = 5_000;

/**
 * Tells the primary that this cluster replaced, as soon as it can be reached, with the credentials that this cluster
 * followed it with. Without this an old primary that comes back with nobody left to follow it would never learn.
 */
export class FormerPrimaries {
  private readonly looking = new Map<ReplicationMode, AbortController>();

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
  ) {}

  /** Starts and stops so that exactly the former primaries of modes in which we are primary are looked for. */
  async follow(): Promise<void> {
    for (const mode of MODES) {
      const former = await this.state.store.readFormerPrimary(mode);
      const wanted = former !== undefined && this.state.of(mode).role.role === "primary";
      if (!wanted) this.stop(mode);
      else if (!this.looking.has(mode)) this.start(mode, former);
    }
  }

  close(): void {
    for (const mode of MODES) this.stop(mode);
  }

  /** A cluster follows us: if it is the former primary, it knows. */
  async met(mode: ReplicationMode, clusterId: string): Promise<void> {
    const former = this.looking.has(mode) ? await this.state.store.readFormerPrimary(mode) : undefined;
    if (former?.clusterId === clusterId) await this.forget(mode);
  }

  private start(mode: ReplicationMode, former: FormerPrimary): void {
    const ending = new AbortController();
    this.looking.set(mode, ending);
    this.look(mode, former, ending.signal).catch((error: Error) => {
      this.deps.logger.log("warn", "the former primary is not looked for any more", { mode, reason: error.message });
    });
  }

  private stop(mode: ReplicationMode): void {
    this.looking.get(mode)?.abort();
    this.looking.delete(mode);
  }

  private async forget(mode: ReplicationMode): Promise<void> {
    this.stop(mode);
    await this.deps.core.barrier.commit([this.state.store.deleteFormerPrimary(mode)]);
  }

  private async look(mode: ReplicationMode, former: FormerPrimary, signal: AbortSignal): Promise<void> {
    for (let pause = LOOK_FIRST_MILLISECONDS; !signal.aborted; pause = Math.min(pause * 1.5, LOOK_LATER_MILLISECONDS)) {
      for (const address of new Set([former.link.primaryClusterAddress, ...former.link.knownAddresses])) {
        if (signal.aborted || address === this.deps.settings.clusterAddress) continue;
        if (!(await this.tell(mode, former, address, signal).catch(() => false))) continue;
        this.deps.logger.log("info", "the former primary was told that it was replaced", { mode, address });
        await this.forget(mode);
      }
      await this.deps.clock.sleep(pause, signal).catch(() => undefined);
    }
  }

  /** @returns whether a primary older than us answered: it has fenced itself before it did */
  private async tell(
    mode: ReplicationMode,
    { setId, link }: FormerPrimary,
    address: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { transport, clock, settings, core } = this.deps;
    const connection = await dialWithin({ transport, clock, setId, credentials: link.credentials }, address, signal);
    const timer = clock.setTimer(ANSWER_MILLISECONDS, () => connection.destroy());
    try {
      const port = new FramePort(await connection.open(STREAM_CHANNEL));
      await port.send("hello", {
        protocol: PROTOCOL_VERSION,
        mode,
        secondaryId: link.secondaryId,
        clusterId: core.identity.id,
        apiAddress: settings.apiAddress,
        clusterAddress: settings.clusterAddress,
        lineage: this.state.lineage(mode),
        cursor: undefined,
        checksums: zeroChecksums(),
        mounts: [],
        rejoins: false,
        building: false,
      });
      const answer = await port.receive();
      return answer?.frame.kind === "welcome" && answer.frame.body.action === "refuse";
    } finally {
      timer.cancel();
      connection.destroy();
    }
  }
}
