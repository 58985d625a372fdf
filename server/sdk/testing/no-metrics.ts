import type { Metrics } from "../metrics";

const nothing = (): void => undefined;

/** For tests that count nothing. */
export const noMetrics: Metrics = {
  counter: () => ({ add: nothing }),
  summary: () => ({ observe: nothing }),
  gauge: () => nothing,
};
