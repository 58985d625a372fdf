import type { Revocation, WriteMeanings } from "../../sdk/divergence";
import { stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import type { ReplicationMode } from "../../sdk/log";
import { type FrameChannel, TransportClosed } from "../../sdk/transport";
import { CLASSES_OF_MODE } from "../filter/entry-filter";
import type { Member } from "../stream/primary-hub";
import type { ReplicationDependencies } from "./dependencies";
import { decodeRevocations, encodeRevocations } from "./divergence-records";
import type { DivergenceStore, PendingRevocations } from "./divergence-store";
import { MODES } from "./replication-store";
import { writeRefusal } from "./role-rules";
import type { RoleState } from "./role-state";

/** Channel kind: one frame of revocations, one frame that says what became of them. */
export const REVOCATIONS_CHANNEL = "revocations";

/** What decides whether this cluster acknowledges writes. */
type AcknowledgingState = Pick<RoleState, "roles" | "holds" | "unconfirmed">;

/** What the primary's side needs of this cluster. */
export interface RevokingParts {
  readonly state: AcknowledgingState;
  readonly meanings: Pick<WriteMeanings, "revoke"> | undefined;
  /** Undefined: no shared mount has the id. */
  mountPathOf(mountId: string): Promise<string | undefined>;
  /** Resolves once all that was written here is as durable as a client would be told. */
  confirmed(): Promise<void>;
}

const RETRY_FIRST_MILLISECONDS = 250;
const RETRY_LATER_MILLISECONDS = 10_000;

/**
 * Sees to it that what this cluster revoked while it stood alone is revoked where its set goes on: at the primary that it
 * follows, or here once it is the primary itself. Tried until it is acknowledged, over restarts of either side.
 */
export class RevocationDelivery {
  private readonly running = new Map<ReplicationMode, Promise<void>>();
  private readonly ending = new AbortController();

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
    private readonly store: DivergenceStore,
    private readonly open: (mode: ReplicationMode, kind: string) => Promise<FrameChannel>,
    private readonly confirmed: () => Promise<void>,
  ) {}

  /** Takes up what is still to be delivered. */
  start(): void {
    for (const mode of MODES) {
      if (this.running.has(mode)) continue;
      const run = this.run(mode).finally(() => this.running.delete(mode));
      this.running.set(mode, run);
      run.catch((error: Error) => {
        this.deps.logger.log("warn", "revocations are not delivered any more", { mode, reason: error.message });
      });
    }
  }

  close(): void {
    this.ending.abort();
  }

  private async run(mode: ReplicationMode): Promise<void> {
    const { signal } = this.ending;
    for (let pause = RETRY_FIRST_MILLISECONDS; !signal.aborted; ) {
      try {
        const pending = await this.store.pending(mode);
        if (pending === undefined) return;
        await this.deliver(mode, pending);
        await this.store.settled(pending);
        this.deps.logger.log("info", "revocations were applied", { mode, revocations: pending.revocations.length });
        pause = RETRY_FIRST_MILLISECONDS;
      } catch (error) {
        if (signal.aborted) return;
        const reason = error instanceof Error ? error.message : "unknown";
        this.deps.logger.log("debug", "revocations are still to be applied", { mode, reason });
        await this.deps.clock.sleep(pause, signal).catch(() => undefined);
        pause = Math.min(pause * 2, RETRY_LATER_MILLISECONDS);
      }
    }
  }

  private async deliver(mode: ReplicationMode, { revocations }: PendingRevocations): Promise<void> {
    const role = this.state.effective(mode);
    if (role === "primary") return await this.applyHere(mode, revocations);
    // Revoked here it is already. Before this cluster is part of its set again there is nobody who could take it over.
    if (role !== "secondary") throw new Error(`${mode} replication is ${role}`);
    const channel = await this.open(mode, REVOCATIONS_CHANNEL);
    const abort = (): void => channel.destroy();
    this.ending.signal.addEventListener("abort", abort, { once: true });
    try {
      await channel.send(encodeRevocations(revocations));
      channel.end();
      const answer = await channel.receive();
      if (answer === undefined) throw new TransportClosed("the primary gave no answer");
      const reader = JsonReader.parse(answer);
      if (!reader.boolean("applied")) throw new Error(`the primary refused: ${reader.text("reason")}`);
    } finally {
      this.ending.signal.removeEventListener("abort", abort);
      channel.destroy();
    }
  }

  private async applyHere(mode: ReplicationMode, revocations: readonly Revocation[]): Promise<void> {
    if (this.deps.meanings === undefined) throw new Error("nobody here can revoke");
    if (!isAcknowledging(mode, this.state)) throw new Error("this cluster acknowledges no writes now");
    await applyAll(this.deps.meanings, revocations);
    await this.confirmed();
  }
}

/**
 * The primary's side. A DR secondary holds every token and lease itself; a performance secondary may speak of shared mounts
 * alone, and only of those that it is sent.
 */
export async function serveRevocations(
  channel: FrameChannel,
  { mode }: Member,
  parts: RevokingParts,
  isAllowed: (mountPath: string) => boolean,
): Promise<void> {
  const frame = await channel.receive();
  if (frame === undefined) return;
  const revocations = decodeRevocations(frame);
  const answer = isAcknowledging(mode, parts.state)
    ? await answerOf(mode, revocations, parts, isAllowed)
    : { applied: false, reason: "it acknowledges no writes now" };
  await channel.send(Buffer.from(stringifyJson(answer)));
  channel.end();
}

/** What there is nothing of here needs no write, and the word of a cluster that may have been replaced is worth nothing. */
function isAcknowledging(mode: ReplicationMode, state: AcknowledgingState): boolean {
  const classes = new Set(CLASSES_OF_MODE[mode]);
  return writeRefusal(state.roles(), state.holds, classes) === undefined && state.unconfirmed(classes) === undefined;
}

async function answerOf(
  mode: ReplicationMode,
  revocations: readonly Revocation[],
  parts: RevokingParts,
  isAllowed: (mountPath: string) => boolean,
) {
  try {
    if (parts.meanings === undefined) throw new Error("nobody here can revoke");
    const applied = mode === "dr" ? revocations : await ofSharedMounts(revocations, parts, isAllowed);
    await applyAll(parts.meanings, applied);
    // Also when nothing was left to do: the attempt before may have written without being confirmed.
    await parts.confirmed();
    return { applied: true, reason: "" };
  } catch (error) {
    return { applied: false, reason: error instanceof Error ? error.message : "unknown" };
  }
}

async function ofSharedMounts(
  revocations: readonly Revocation[],
  parts: RevokingParts,
  isAllowed: (mountPath: string) => boolean,
): Promise<readonly Revocation[]> {
  const found: Revocation[] = [];
  for (const revocation of revocations) {
    if (revocation.kind !== "mount") continue;
    const path = await parts.mountPathOf(revocation.mountId);
    if (path !== undefined && isAllowed(path)) found.push(revocation);
  }
  return found;
}

/** All of them are tried; the first failure is told. */
async function applyAll(meanings: Pick<WriteMeanings, "revoke">, revocations: readonly Revocation[]): Promise<void> {
  const failures: unknown[] = [];
  for (const revocation of revocations) {
    await meanings.revoke(revocation).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}
