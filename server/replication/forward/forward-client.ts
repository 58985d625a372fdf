import { type ErrorCode, errorTable, ServerError } from "../../sdk/errors";
import type { Epoch, ReplicationMode } from "../../sdk/log";
import type { ForwardedAnswer, ForwardedRequest } from "../../sdk/replication";
import type { FrameChannel } from "../../sdk/transport";
import {
  CALL_CHANNEL,
  type CallAnswer,
  type CallEnvelope,
  decodeCallReply,
  decodeForwardReply,
  encodeCall,
  encodeForward,
  FORWARD_CHANNEL,
} from "./forward-codec";

/** Opens a channel to the mode's primary. @throws TransportClosed */
export type OpenChannel = (kind: string) => Promise<FrameChannel>;

/** Hands a request to the primary and waits for its answer. @throws `primary_unreachable`, `fenced` */
export async function forwardRequest(
  open: OpenChannel,
  mode: ReplicationMode,
  epoch: Epoch,
  request: ForwardedRequest,
  signal: AbortSignal,
): Promise<ForwardedAnswer> {
  const reply = decodeForwardReply(
    await exchange(open, FORWARD_CHANNEL, encodeForward({ mode, epoch, request }), signal),
  );
  if (reply.kind === "answer") return reply.answer;
  throw remoteError(reply.code, reply.text);
}

/** Runs a mount's primary call at the primary. @throws `primary_unreachable`, or what the call failed with */
export async function callPrimary(
  open: OpenChannel,
  epoch: Epoch,
  call: Omit<CallEnvelope, "epoch">,
  signal: AbortSignal,
): Promise<CallAnswer> {
  const reply = decodeCallReply(await exchange(open, CALL_CHANNEL, encodeCall({ epoch, ...call }), signal));
  if (reply.kind === "answer") return reply;
  throw remoteError(reply.code, reply.text);
}

async function exchange(open: OpenChannel, kind: string, frame: Buffer, signal: AbortSignal): Promise<Buffer> {
  try {
    const answer = await answerOn(await open(kind), frame, signal);
    if (signal.aborted) throw new Error("the client is gone");
    if (answer === undefined) throw new Error("the primary gave no answer");
    return answer;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "unknown";
    throw new ServerError("primary_unreachable", { detail: `${kind}: ${reason}`, cause });
  }
}

/**
 * One question on a channel of its own, which both sides end. It is never reset: HTTP/2 takes many resets on a connection for an
 * attack (CVE-2023-44487) and drops it with all that is under way. To end before the answer is to say that nobody waits for it.
 * @returns undefined when the signal came first, or when there is no answer
 */
async function answerOn(channel: FrameChannel, frame: Buffer, signal: AbortSignal): Promise<Buffer | undefined> {
  let leave = (): void => undefined;
  const left = new Promise<undefined>((resolve) => {
    leave = () => resolve(undefined);
  });
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  // Nobody waits any more: nothing is asked, so that nothing is done.
  const asked = signal.aborted ? Promise.resolve() : channel.send(frame);
  const answered = asked.then(() => channel.receive());
  try {
    return await Promise.race([left, answered]);
  } finally {
    signal.removeEventListener("abort", leave);
    channel.end();
    answered.then(() => seeEnd(channel)).catch(() => channel.destroy());
  }
}

/** A channel is gone once both sides have ended it and everything was read. Nothing but the end comes behind an answer. */
async function seeEnd(channel: FrameChannel): Promise<void> {
  if ((await channel.receive()) !== undefined) channel.destroy();
}

function remoteError(code: string, text: string): ServerError {
  const known = Object.keys(errorTable).find((name): name is ErrorCode => name === code);
  return new ServerError(known ?? "internal", { publicText: text, detail: `the primary answered ${code}` });
}
