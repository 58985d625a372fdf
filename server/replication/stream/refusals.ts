import type { Clock } from "../../sdk/clock";
import { JsonError } from "../../sdk/json";
import { JsonShapeError } from "../../sdk/json-reader";
import type { Logger } from "../../sdk/logger";
import { type Counter, counter, type Metrics } from "../../sdk/metrics";
import { PeerRefused, REFUSAL_REASONS, type RefusalReason } from "../../sdk/transport";
import { MalformedFrame } from "./wire";

export const refusalMetrics = [
  counter({
    name: "replication.rpc.server.refused",
    unit: "refusals",
    meaning: "Connections, channels and requests turned away on the cluster port, by reason.",
    where: "primary",
    labels: { reason: REFUSAL_REASONS },
  }),
] as const;

const WINDOW_MILLISECONDS = 1_000;
const LINES_PER_WINDOW = 20;
/** Detail may come from who was refused. */
const DETAIL_CHARACTERS_MAX = 300;

export interface RefusalFacts {
  readonly address?: string;
  readonly mode?: string;
  readonly secondary?: string;
  readonly channel?: string;
}

/**
 * Counts and logs who was turned away. Everything is counted; of each reason only so many lines a second are written, so
 * that nobody can fill a disk from outside: the next line says how many were left out.
 */
export class Refusals {
  private readonly counters: ReadonlyMap<RefusalReason, Counter>;
  private readonly windows = new Map<RefusalReason, { startMilliseconds: number; lines: number; left: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    const [refused] = refusalMetrics;
    this.counters = new Map(REFUSAL_REASONS.map((reason) => [reason, metrics.counter(refused, { reason })]));
  }

  note(reason: RefusalReason, detail: string, facts: RefusalFacts): void {
    this.counters.get(reason)?.add();
    const window = this.windowOf(reason);
    if (window.lines >= LINES_PER_WINDOW) {
      window.left += 1;
      return;
    }
    window.lines += 1;
    const suppressed = window.left === 0 ? {} : { suppressed: window.left };
    window.left = 0;
    const text = printable(detail);
    this.logger.log("warn", "refused a connection or channel on the cluster port", {
      reason,
      detail: text,
      ...facts,
      ...suppressed,
    });
  }

  /** Why a channel ended, where that was something the peer may not do. @returns whether it was */
  noteFailure(error: unknown, facts: RefusalFacts): boolean {
    const reason = reasonOf(error);
    if (reason === undefined || !(error instanceof Error)) return false;
    this.note(reason, error.message, facts);
    return true;
  }

  private windowOf(reason: RefusalReason) {
    const now = this.clock.monotonicMilliseconds();
    const known = this.windows.get(reason);
    if (known !== undefined && now - known.startMilliseconds < WINDOW_MILLISECONDS) return known;
    const window = { startMilliseconds: now, lines: 0, left: known?.left ?? 0 };
    this.windows.set(reason, window);
    return window;
  }
}

function reasonOf(error: unknown): RefusalReason | undefined {
  if (error instanceof PeerRefused) return error.reason;
  const malformed = error instanceof MalformedFrame || error instanceof JsonError || error instanceof JsonShapeError;
  return malformed || error instanceof RangeError ? "malformed_frame" : undefined;
}

function printable(detail: string): string {
  return detail.slice(0, DETAIL_CHARACTERS_MAX).replace(/[^\x20-\x7e]/g, "?");
}
