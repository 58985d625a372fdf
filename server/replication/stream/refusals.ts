import type { Clock } from "../../sdk/clock";
import { JsonError } from "../../sdk/json";
import { JsonShapeError } from "../../sdk/json-reader";
import type { Logger } from "../../sdk/logger";
import { counter, type Metrics } from "../../sdk/metrics";
import { PeerRefused, REFUSAL_REASONS, type RefusalReason } from "../../sdk/transport";
import { RefusalLog } from "./refusal-log";
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

export interface RefusalFacts {
  readonly address?: string;
  readonly mode?: string;
  readonly secondary?: string;
  readonly channel?: string;
}

/** Who was turned away on the cluster port. */
export class Refusals {
  private readonly log: RefusalLog<RefusalReason>;

  constructor(clock: Clock, logger: Logger, metrics: Metrics) {
    const message = "refused a connection or channel on the cluster port";
    const [metric] = refusalMetrics;
    this.log = new RefusalLog({ clock, logger, metrics, metric, reasons: REFUSAL_REASONS, message });
  }

  note(reason: RefusalReason, detail: string, facts: RefusalFacts): void {
    this.log.note(reason, detail, { ...facts });
  }

  /** Why a channel ended, where that was something the peer may not do. @returns whether it was */
  noteFailure(error: unknown, facts: RefusalFacts): boolean {
    const reason = reasonOf(error);
    if (reason === undefined || !(error instanceof Error)) return false;
    this.note(reason, error.message, facts);
    return true;
  }
}

function reasonOf(error: unknown): RefusalReason | undefined {
  if (error instanceof PeerRefused) return error.reason;
  const malformed = error instanceof MalformedFrame || error instanceof JsonError || error instanceof JsonShapeError;
  return malformed || error instanceof RangeError ? "malformed_frame" : undefined;
}
