import { errorTable, isServerError, ServerError } from "../../sdk/errors";
import type { JsonObject } from "../../sdk/json";
import { currentEpoch, describeEpoch, sameEpoch } from "../../sdk/lineage";
import type { Epoch, Lineage, ReplicationMode } from "../../sdk/log";
import { isNodesOwn } from "../../sdk/nodes-own";
import type { ForwardedHandler } from "../../sdk/replication";
import type { FrameChannel, RefusalReason } from "../../sdk/transport";
import type { ChannelHandler, Member } from "../stream/primary-hub";
import {
  CALL_CHANNEL,
  decodeCall,
  decodeForward,
  encodeCallReply,
  encodeForwardReply,
  FORWARD_CHANNEL,
  type ForwardEnvelope,
} from "./forward-codec";

export interface ForwardServerDependencies {
  readonly forwarded: ForwardedHandler;
  runPrimaryCall(mountId: string, name: string, payload: JsonObject): Promise<JsonObject>;
  /** Index of the last entry of our log that performance secondaries get. */
  sharedIndex(): number;
  /** Whether the member's filter lets the mount path through. */
  allowsMount(member: Member, mountPath: string): boolean;
  /** Where a shared mount is mounted now. */
  mountPathOf(mountId: string): Promise<string | undefined>;
  lineage(mode: ReplicationMode): Lineage;
  /** A member handed over what it may not. */
  refused(member: Member, reason: RefusalReason, detail: string): void;
}

/** The primary's side of forwarded requests and calls: one channel each. */
export function forwardHandlers(deps: ForwardServerDependencies): ReadonlyMap<string, ChannelHandler> {
  return new Map<string, ChannelHandler>([
    [FORWARD_CHANNEL, (channel, member) => serveForward(deps, channel, member)],
    [CALL_CHANNEL, (channel, member) => serveCall(deps, channel, member)],
  ]);
}

async function serveForward(deps: ForwardServerDependencies, channel: FrameChannel, member: Member): Promise<void> {
  const frame = await channel.receive();
  if (frame === undefined) return;
  const envelope = decodeForward(frame);
  const abort = new AbortController();
  // Their side ends, or the channel breaks: where it comes before the answer, nobody waits for that any more.
  const leave = (): void => abort.abort();
  void channel.receive().then(leave, leave);
  const reply = await answerOf(deps, member, envelope, abort.signal);
  await channel.send(encodeForwardReply(reply));
}

async function answerOf(
  deps: ForwardServerDependencies,
  member: Member,
  { epoch, mode, request }: ForwardEnvelope,
  signal: AbortSignal,
): Promise<Parameters<typeof encodeForwardReply>[0]> {
  try {
    noted(deps, member, () => {
      requireEpoch(deps, mode, epoch);
      // A performance secondary vouches for its callers, whose tokens we do not know; a DR secondary knows nobody.
      const expected = member.mode === "performance" ? "facts" : "token";
      if (mode === member.mode && request.caller.kind === expected && !isNodesOwn(request.path)) return;
      throw new ServerError("permission_denied", { detail: `secondary ${member.id} may not forward ${request.path}` });
    });
    const allowsMount = (mountPath: string): boolean => deps.allowsMount(member, mountPath);
    const { beyondReach, ...answer } = await deps.forwarded(request, signal, allowsMount);
    if (beyondReach !== undefined)
      deps.refused(member, "forward_denied", `secondary ${member.id} may not reach ${beyondReach}`);
    return { kind: "answer", answer };
  } catch (error) {
    return { kind: "error", ...errorData(error) };
  }
}

async function serveCall(deps: ForwardServerDependencies, channel: FrameChannel, member: Member): Promise<void> {
  const frame = await channel.receive();
  if (frame === undefined) return;
  const { epoch, mountId, name, payload } = decodeCall(frame);
  await channel.send(
    encodeCallReply(
      await callReply(deps, member, { epoch, mountId }, () => deps.runPrimaryCall(mountId, name, payload)),
    ),
  );
}

async function callReply(
  deps: ForwardServerDependencies,
  member: Member,
  { epoch, mountId }: { readonly epoch: Epoch; readonly mountId: string },
  run: () => Promise<JsonObject>,
): Promise<Parameters<typeof encodeCallReply>[0]> {
  try {
    const mountPath = await deps.mountPathOf(mountId);
    noted(deps, member, () => {
      requireEpoch(deps, "performance", epoch);
      const isHeld = mountPath !== undefined && deps.allowsMount(member, mountPath);
      if (member.mode === "performance" && isHeld) return;
      throw new ServerError("permission_denied", { detail: `secondary ${member.id} may not call mount ${mountId}` });
    });
    const before = deps.sharedIndex();
    const payload = await run();
    const index = deps.sharedIndex();
    return { kind: "answer", payload, index: index > before ? index : 0 };
  } catch (error) {
    return { kind: "error", ...errorData(error) };
  }
}

function noted(deps: ForwardServerDependencies, member: Member, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (isServerError(error))
      deps.refused(member, error.code === "fenced" ? "stale_epoch" : "forward_denied", error.message);
    throw error;
  }
}

/** @throws fenced when the request was made in another epoch than ours */
function requireEpoch(deps: ForwardServerDependencies, mode: ReplicationMode, epoch: Epoch): void {
  const ours = currentEpoch(deps.lineage(mode));
  if (!sameEpoch(ours, epoch)) {
    const detail = `forwarded in epoch ${describeEpoch(epoch)}, ours is ${describeEpoch(ours)}`;
    throw new ServerError("fenced", { detail });
  }
}

/** What a member is told. Never which record is damaged: it may belong to a mount that the member's filter leaves out. */
export function errorData(error: unknown): { readonly code: string; readonly text: string } {
  if (isServerError(error, "corrupt")) return { code: error.code, text: errorTable.corrupt.text };
  if (error instanceof ServerError) return { code: error.code, text: error.publicText };
  return { code: "internal", text: "internal error" };
}
