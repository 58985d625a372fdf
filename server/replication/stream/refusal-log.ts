import type { Clock } from "../../sdk/clock";
import type { Logger } from "../../sdk/logger";
import type { Counter, MetricDeclaration, Metrics } from "../../sdk/metrics";

const WINDOW_MILLISECONDS = 1_000;
const LINES_PER_WINDOW = 20;
/** Detail may come from who was refused. */
const DETAIL_CHARACTERS_MAX = 300;

export interface RefusalLogOptions<Reason extends string> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** With the one label `reason`. */
  readonly metric: MetricDeclaration<"counter">;
  readonly reasons: readonly Reason[];
  /** Of the lines. */
  readonly message: string;
}

/**
 * Counts and logs who was turned away. Everything is counted; of each reason only so many lines a second are written, so
 * that nobody can fill a disk from outside: the next line says how many were left out.
 */
export class RefusalLog<Reason extends string> {
  private readonly counters: ReadonlyMap<Reason, Counter>;
  private readonly windows = new Map<Reason, { startMilliseconds: number; lines: number; left: number }>();

  constructor(private readonly options: RefusalLogOptions<Reason>) {
    const { metric, metrics, reasons } = options;
    this.counters = new Map(reasons.map((reason) => [reason, metrics.counter(metric, { reason })]));
  }

  note(reason: Reason, detail: string, facts: Readonly<Record<string, string | undefined>> = {}): void {
    this.counters.get(reason)?.add();
    const window = this.windowOf(reason);
    if (window.lines >= LINES_PER_WINDOW) {
      window.left += 1;
      return;
    }
    window.lines += 1;
    const suppressed = window.left === 0 ? {} : { suppressed: window.left };
    window.left = 0;
    const { logger, message } = this.options;
    logger.log("warn", message, { reason, detail: printable(detail), ...facts, ...suppressed });
  }

  private windowOf(reason: Reason) {
    const now = this.options.clock.monotonicMilliseconds();
    const known = this.windows.get(reason);
    if (known !== undefined && now - known.startMilliseconds < WINDOW_MILLISECONDS) return known;
    const window = { startMilliseconds: now, lines: 0, left: known?.left ?? 0 };
    this.windows.set(reason, window);
    return window;
  }
}

function printable(detail: string): string {
  return detail.slice(0, DETAIL_CHARACTERS_MAX).replace(/[^\x20-\x7e]/g, "?");
}
