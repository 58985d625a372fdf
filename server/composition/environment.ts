import type { Configuration } from "../config/configuration";
import type { Clock } from "../sdk/clock";
import type { Logger } from "../sdk/logger";
import type { Random } from "../sdk/random";
import type { Transport } from "../sdk/transport";
import type { MetricsRegistry } from "../services/metrics/metrics-registry";

/** What every part of the running server shares. */
export interface Environment {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  readonly version: string;
  /** RFC 3339. */
  readonly buildDate: string;
  /** Between clusters; left out: HTTP/2 over mutual TLS. */
  readonly transport?: Transport;
}
