import type { ReplicationMode } from "../../sdk/log";
import { type Counter, counter, type Metrics, type Summary, summary } from "../../sdk/metrics";

const MODES = { mode: ["performance", "dr"] } as const;

export const streamMetrics = {
  guardFound: counter({
    name: "logshipper.streamWALs.guard_found",
    unit: "streams",
    meaning: "Streams that began where the secondary stood: the log still held what follows, and both had the same.",
    where: "primary",
  }),
  missingGuard: counter({
    name: "logshipper.streamWALs.missing_guard",
    unit: "streams",
    meaning:
      "Secondaries that had to reconcile instead of streaming: the log no longer reached back, or contents differed.",
    where: "primary",
  }),
  scannedEntries: summary({
    name: "logshipper.streamWALs.scanned_entries",
    unit: "entries",
    meaning: "Entries read from the log at once for one secondary, before its filter.",
    where: "primary",
  }),
  shippedEntries: counter({
    name: "replication.shipped_entries",
    unit: "entries",
    meaning: "Entries sent to secondaries, after their filters; one sent to two of them counts twice.",
    where: "primary",
    labels: MODES,
  }),
  shippedBytes: counter({
    name: "replication.shipped_bytes",
    unit: "bytes",
    meaning: "Size of the frames that carried those entries.",
    where: "primary",
    labels: MODES,
  }),
  appliedEntries: counter({
    name: "replication.applied_entries",
    unit: "entries",
    meaning: "Entries of the primary applied durably.",
    where: "secondary",
    labels: MODES,
  }),
  apply: summary({
    name: "replication.apply",
    unit: "milliseconds",
    meaning: "Time from a frame of entries to its durable commit.",
    where: "secondary",
    labels: MODES,
  }),
} as const;

/** What the streams of one mode add up to on the primary. */
export class ShippingMeter {
  private readonly guardFound: Counter;
  private readonly missingGuard: Counter;
  private readonly scanned: Summary;
  private readonly entries: Counter;
  private readonly bytes: Counter;

  constructor(metrics: Metrics, mode: ReplicationMode) {
    this.guardFound = metrics.counter(streamMetrics.guardFound);
    this.missingGuard = metrics.counter(streamMetrics.missingGuard);
    this.scanned = metrics.summary(streamMetrics.scannedEntries);
    this.entries = metrics.counter(streamMetrics.shippedEntries, { mode });
    this.bytes = metrics.counter(streamMetrics.shippedBytes, { mode });
  }

  planned(action: "stream" | "reconcile" | "refuse"): void {
    if (action === "stream") this.guardFound.add();
    if (action === "reconcile") this.missingGuard.add();
  }

  read(entries: number): void {
    if (entries > 0) this.scanned.observe(entries);
  }

  sent(entries: number, bytes: number): void {
    this.entries.add(entries);
    this.bytes.add(bytes);
  }
}
