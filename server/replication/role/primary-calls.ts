import type { JsonObject } from "../../sdk/json";
import { currentEpoch } from "../../sdk/lineage";
import type { EpochIndex } from "../../sdk/replication";
import { callPrimary, type OpenChannel } from "../forward/forward-client";
import { forwardMetrics, timed } from "../forward/forward-metrics";
import type { ReplicationDependencies } from "./dependencies";
import type { RoleState } from "./role-state";
import type { SynchronousDr } from "./synchronous-dr";

/** What mounts have the performance primary do for them. */
export class PrimaryCalls {
  /** Where the primary's log stood after the latest call that wrote there; undefined: none did. */
  private called: EpochIndex | undefined;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly open: OpenChannel,
    private readonly synchronousDr: SynchronousDr,
  ) {}

  /** For who writes through this secondary now: everything that calls have written is covered by it. */
  get latest(): EpochIndex | undefined {
    return this.called;
  }

  /** @throws primary_unreachable, or what the call failed with */
  async call(mountId: string, name: string, payload: JsonObject): Promise<JsonObject> {
    if (this.state.effective("performance") !== "secondary") return this.deps.runPrimaryCall(mountId, name, payload);
    const epoch = currentEpoch(this.state.lineage("performance"));
    const never = new AbortController().signal;
    const run = () => callPrimary(this.open, epoch, { mountId, name, payload }, never);
    const answer = await timed(this.deps, forwardMetrics.primaryCall, run);
    this.note({ epoch, index: answer.index });
    return answer.payload;
  }

  /** A secondary's call, here on the primary: what it used up is answered for as a client's write is. */
  async run(mountId: string, name: string, payload: JsonObject): Promise<JsonObject> {
    const { log } = this.deps.core;
    const before = log.lastIndex();
    const answer = await this.deps.runPrimaryCall(mountId, name, payload);
    if (log.lastIndex() !== before) await this.synchronousDr.confirm(log.lastIndex());
    return answer;
  }

  /** Answers may overtake each other; a later epoch's index replaces that of the one before. */
  private note(at: EpochIndex): void {
    const { called } = this;
    if (at.index === 0) return;
    const isLater = called === undefined || at.epoch.number > called.epoch.number;
    if (isLater || (at.epoch.number === called.epoch.number && at.index > called.index)) this.called = at;
  }
}
