import type { Clock } from "../../sdk/clock";
import type { ReplicationMode } from "../../sdk/log";
import { type Metrics, type Summary, summary } from "../../sdk/metrics";
import type { DiffRequest } from "./diff-codec";
import type { ReconciliationProgress } from "./reconciliation";

const MODES = { mode: ["performance", "dr"] } as const;

const timing = (name: string, meaning: string, where: string) =>
  summary({ name: `replication.${name}`, unit: "milliseconds", meaning, where });

const asked = (what: string): string => `Time until the primary answered a question of a diff: ${what}.`;
const answered = (what: string): string => `Time to answer a question of a diff: ${what}.`;
const PAGES = "which pages of a mount's index differ";
const LEAVES = "which leaves of these pages differ";
const KEYS = "the values of keys that differ";

export const diffMetrics = {
  merkleDiff: summary({
    name: "replication.merkleDiff",
    unit: "milliseconds",
    meaning: "Time spent comparing indexes with the primary, once for each time the state was merkle-diff.",
    where: "secondary",
    labels: MODES,
  }),
  merkleSync: summary({
    name: "replication.merkleSync",
    unit: "milliseconds",
    meaning: "Time spent fetching and storing what differed.",
    where: "secondary",
    labels: MODES,
  }),
  askedPages: timing("rpc.client.conflicting_pages", asked(PAGES), "secondary"),
  askedLeaves: timing("rpc.client.sub_page_hashes", asked(LEAVES), "secondary"),
  askedKeys: timing("rpc.client.fetch_keys", asked(KEYS), "secondary"),
  servedPages: timing("rpc.server.conflicting_pages_request", answered(PAGES), "primary"),
  servedLeaves: timing("rpc.server.sub_page_hashes_request", answered(LEAVES), "primary"),
  servedKeys: timing("rpc.server.fetch_keys_request", answered(KEYS), "primary"),
} as const;

/** Called before a question; what it gives is called when the answer is there. */
export type Asked = (kind: DiffRequest["kind"]) => () => void;

const nothing = (): void => undefined;

/** Times the questions of a diff, on the side that asks or on the side that answers. */
export function questionTimer(metrics: Metrics, clock: Clock, side: "asked" | "served"): Asked {
  const summaries: Partial<Record<DiffRequest["kind"], Summary>> = {
    pages: metrics.summary(side === "asked" ? diffMetrics.askedPages : diffMetrics.servedPages),
    leaves: metrics.summary(side === "asked" ? diffMetrics.askedLeaves : diffMetrics.servedLeaves),
    values: metrics.summary(side === "asked" ? diffMetrics.askedKeys : diffMetrics.servedKeys),
  };
  return (kind) => {
    const duration = summaries[kind];
    if (duration === undefined) return nothing;
    const began = clock.monotonicMilliseconds();
    return () => duration.observe(clock.monotonicMilliseconds() - began);
  };
}

/** Times the phases of one reconciliation. */
export class ReconciliationMeter {
  private phase: ReconciliationProgress["phase"] | undefined;
  private beganMilliseconds = 0;

  constructor(
    private readonly metrics: Metrics,
    private readonly clock: Clock,
    private readonly mode: ReplicationMode,
  ) {}

  progressed({ phase }: ReconciliationProgress): void {
    if (phase !== this.phase) this.enter(phase);
  }

  ended(): void {
    this.enter(undefined);
  }

  private enter(phase: ReconciliationProgress["phase"] | undefined): void {
    const now = this.clock.monotonicMilliseconds();
    if (this.phase !== undefined) {
      const declaration = this.phase === "diff" ? diffMetrics.merkleDiff : diffMetrics.merkleSync;
      this.metrics.summary(declaration, { mode: this.mode }).observe(now - this.beganMilliseconds);
    }
    this.phase = phase;
    this.beganMilliseconds = now;
  }
}
