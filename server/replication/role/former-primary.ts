import { isServerError } from "../../sdk/errors";
import { compareLineage } from "../../sdk/lineage";
import type { ReplicationMode } from "../../sdk/log";
import type { Welcome } from "../stream/control-codec";
import { FramePort } from "../stream/frame-port";
import { PROTOCOL_VERSION } from "../stream/limits";
import { STREAM_CHANNEL } from "../stream/primary-hub";
import { dialWithin } from "../stream/primary-link";
import { zeroChecksums } from "../stream/running-checksums";
import type { ReplicationDependencies } from "./dependencies";
import type { Fence } from "./fence";
import type { FormerPrimary } from "./fence-records";
import type { LineageConflicts } from "./lineage-conflicts";
import { MODES } from "./replication-store";
import type { RoleState } from "./role-state";

/** How often a former primary that is away is looked for; until it is found it waits for a secondary's word. */
const LOOK_FIRST_MILLISECONDS = 500;
const LOOK_LATER_MILLISECONDS = 3_000;
/** Once it knows: how often others that may have been promoted beside us are looked for. */
const LOOK_TOLD_MILLISECONDS = 15_000;
const ANSWER_MILLISECONDS = 5_000;

/**
 * Tells the primary that this cluster replaced, as soon as it can be reached, with the credentials that this cluster
 * followed it with. Without this an old primary that comes back with nobody left to follow it would never learn. Another
 * secondary that was promoted beside this one is found in the same way: at the addresses that they both know.
 */
export class FormerPrimaries {
  private readonly looking = new Map<ReplicationMode, AbortController>();
  private closed = false;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly fence: Fence,
    private readonly conflicts: LineageConflicts,
  ) {}

  /** Starts and stops so that exactly the former primaries of modes in which we are primary are looked for. */
  async follow(): Promise<void> {
    for (const mode of MODES) {
      const former = await this.state.store.readFormerPrimary(mode);
      const wanted = former !== undefined && this.state.of(mode).role.role === "primary" && !this.closed;
      if (!wanted) this.stop(mode);
      else if (!this.looking.has(mode)) this.start(mode, former);
    }
  }

  close(): void {
    this.closed = true;
    for (const mode of MODES) this.stop(mode);
  }

  /** A cluster follows us: if it is the former primary, it knows. */
  async met(mode: ReplicationMode, clusterId: string): Promise<void> {
    const former = this.looking.has(mode) ? await this.state.store.readFormerPrimary(mode) : undefined;
    if (former?.clusterId === clusterId && !former.told) await this.told(mode, former);
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

  /** The former primary knows. The search goes on for those that may have been promoted beside us. */
  private async told(mode: ReplicationMode, former: FormerPrimary): Promise<void> {
    if (this.mayBeSplit(mode)) {
      await this.deps.core.barrier.commit([this.state.store.putFormerPrimary(mode, { ...former, told: true })]);
      return;
    }
    this.stop(mode);
    await this.deps.core.barrier.commit([this.state.store.deleteFormerPrimary(mode)]);
  }

  /** A DR secondary that came with the set has not followed this cluster yet: it may be a primary of its own. */
  private mayBeSplit(mode: ReplicationMode): boolean {
    if (mode !== "dr") return false;
    const followers = this.state.followersOf(mode);
    const members = [...this.state.of(mode).members.values()];
    return members.some(({ id, revoked, clusterAddress }) => {
      return !revoked && clusterAddress !== "" && !followers.includes(id);
    });
  }

  /** Nobody else fences the former primary: only that it was told, or that this cluster is no primary any more, ends the search. */
  private async look(mode: ReplicationMode, first: FormerPrimary, signal: AbortSignal): Promise<void> {
    let former: FormerPrimary | undefined = first;
    for (let pause = LOOK_FIRST_MILLISECONDS; !signal.aborted; pause = Math.min(pause * 1.5, LOOK_LATER_MILLISECONDS)) {
      try {
        if (former.told && !this.mayBeSplit(mode)) return await this.told(mode, former);
        await this.lookOnce(mode, former, signal);
        await this.deps.clock.sleep(former.told ? LOOK_TOLD_MILLISECONDS : pause, signal).catch(() => undefined);
        former = signal.aborted ? undefined : await this.state.store.readFormerPrimary(mode);
      } catch (error) {
        if (isServerError(error, "sealed")) return;
        this.deps.logger.log("warn", "the search for the former primary failed and goes on", {
          mode,
          reason: String(error),
        });
        await this.deps.clock.sleep(pause, signal).catch(() => undefined);
      }
      if (former === undefined) return;
    }
  }

  private async lookOnce(mode: ReplicationMode, former: FormerPrimary, signal: AbortSignal): Promise<void> {
    for (const address of new Set([former.link.primaryClusterAddress, ...former.link.knownAddresses])) {
      if (signal.aborted || address === this.deps.settings.clusterAddress) continue;
      const answer = await this.ask(mode, former, address, signal).catch(() => undefined);
      if (answer === undefined || !(await this.heard(mode, answer, address)) || former.told) continue;
      this.deps.logger.log("info", "the former primary was told that it was replaced", { mode, address });
      await this.told(mode, former);
    }
  }

  /** @returns whether it was a primary older than us: it has fenced itself before it answered */
  private async heard(mode: ReplicationMode, { lineage }: Welcome, clusterAddress: string): Promise<boolean> {
    const relation = compareLineage(this.state.lineage(mode), lineage);
    if (relation === "ahead") await this.fence.learn(mode, lineage);
    if (relation === "forked") await this.conflicts.met(mode, lineage, "", clusterAddress);
    return relation === "behind";
  }

  /** Says hello without a place to follow from: only the answer's history is wanted. */
  private async ask(
    mode: ReplicationMode,
    { setId, link }: FormerPrimary,
    address: string,
    signal: AbortSignal,
  ): Promise<Welcome | undefined> {
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
      return answer?.frame.kind === "welcome" ? answer.frame.body : undefined;
    } finally {
      timer.cancel();
      connection.destroy();
    }
  }
}
