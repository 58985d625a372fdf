import type { Clock } from "../../sdk/clock";
import { ServerError } from "../../sdk/errors";
import type { Logger } from "../../sdk/logger";
import { counter, type Metrics } from "../../sdk/metrics";
import { RefusalLog } from "../stream/refusal-log";

const REASONS = [
  /** Not of the form of an activation token. */
  "malformed",
  /** Made by another cluster, for another one's key, or changed on the way. */
  "altered",
  "expired",
  /** Shown before. */
  "used",
  /** Of another set, or of the other mode. */
  "misplaced",
] as const;

export type ActivationRefusal = (typeof REASONS)[number];

export const activationMetrics = {
  refused: counter({
    name: "replication.activation_token.refused",
    unit: "refusals",
    meaning: "Activation tokens turned away, where they were shown or were to be used, by reason.",
    where: "every node",
    labels: { reason: REASONS },
  }),
} as const;

/** An activation token is no good. The text is for whoever showed it. */
export class ActivationRefused extends ServerError {
  constructor(
    readonly reason: ActivationRefusal,
    publicText: string,
    cause?: unknown,
  ) {
    super("invalid_request", cause === undefined ? { publicText } : { publicText, cause });
  }
}

/** Counts and logs the activation tokens that this cluster turned away. */
export class ActivationRefusals {
  private readonly log: RefusalLog<ActivationRefusal>;

  constructor(clock: Clock, logger: Logger, metrics: Metrics) {
    const message = "refused an activation token";
    this.log = new RefusalLog({ clock, logger, metrics, metric: activationMetrics.refused, reasons: REASONS, message });
  }

  /** Runs what looks at a token, and notes why it was refused where it was. */
  async noting<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof ActivationRefused) this.log.note(error.reason, error.publicText);
      throw error;
    }
  }
}
