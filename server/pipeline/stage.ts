import type { Exchange } from "./exchange";
import type { PipelinePorts } from "./ports";

/**
 * One check or one step. It reads and fills the exchange, and throws a `ServerError` to end the request. A stage that need
 * not wait returns undefined, and then the next one runs in the same turn: a cached read never leaves the turn it came in.
 * An exchange that another cluster has answered whole meets no further stage.
 */
export type Stage = (exchange: Exchange, ports: PipelinePorts) => Promise<void> | undefined;

/** Runs the stages in order. Throws what a stage throws at once, rejects with what it rejects with later. */
export function runStages(
  stages: readonly Stage[],
  exchange: Exchange,
  ports: PipelinePorts,
  from = 0,
): Promise<void> | undefined {
  for (let index = from; index < stages.length && !exchange.answeredElsewhere; index++) {
    const waiting = stages[index]?.(exchange, ports);
    if (waiting !== undefined) return waiting.then(() => runStages(stages, exchange, ports, index + 1));
  }
  return undefined;
}
