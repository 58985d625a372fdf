import { setTimeout as sleep } from "node:timers/promises";
import { ApiError, UnreachableError, WaitError } from "./errors";
import type { Caller } from "./session";

const POLL_MS = 100;
const REPORT_MS = 5000;

export interface Wait extends Caller {
  /** Completes "gave up waiting until ...". */
  readonly what: string;
  readonly limitMs: number;
  readonly pollMs?: number;
}

/** What a probe found: done with a value, or not yet with the reason. */
export type Probe<T> = { readonly done: T } | { readonly pending: string };

/**
 * Asks until the probe is done. A server that is restarting, sealed or changing its role counts as not yet.
 *
 * @throws WaitError that names the last reason.
 */
export async function waitUntil<T>(wait: Wait, probe: () => Promise<Probe<T>>): Promise<T> {
  const deadline = AbortSignal.timeout(wait.limitMs);
  const pollMs = wait.pollMs ?? POLL_MS;
  let reason = "";
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const found = await attempt(wait, probe);
    if ("done" in found) return found.done;
    const isNews = found.pending !== reason;
    reason = found.pending;
    if (isNews || waitedMs % REPORT_MS < pollMs) wait.log.info(`waiting until ${wait.what}`, { state: reason });
    if (deadline.aborted)
      throw new WaitError(`Gave up after ${wait.limitMs / 1000} s waiting until ${wait.what}: ${reason}`);
    await sleep(pollMs, undefined, { signal: wait.signal });
  }
}

async function attempt<T>(wait: Wait, probe: () => Promise<Probe<T>>): Promise<Probe<T>> {
  try {
    return await probe();
  } catch (error) {
    wait.signal.throwIfAborted();
    const passing =
      error instanceof UnreachableError || (error instanceof ApiError && [412, 472, 503].includes(error.status));
    if (!passing) throw error;
    return { pending: error.message };
  }
}
