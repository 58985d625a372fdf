import { ServerError } from "../../sdk/errors";
import type { Exchange } from "../exchange";
import type { PipelinePorts } from "../ports";

/** Clients merge what they have seen into two at most. */
const INDEXES_MAX = 8;

/**
 * A client that sends X-Vault-Index wants no answer older than what it names. Waits a little, then 412; with
 * `X-Vault-Inconsistent: fail` at once. `forward-active-node` asks for the active node of this cluster, which this one is.
 */
export function checkIndex(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  const { requiredIndexes } = exchange;
  return requiredIndexes.length === 0 ? undefined : waitForAll(exchange, ports);
}

/** For all at the same time: several headers wait no longer than one. */
async function waitForAll(exchange: Exchange, ports: PipelinePorts): Promise<void> {
  const { requiredIndexes, waitsForIndex, signal } = exchange;
  if (requiredIndexes.length > INDEXES_MAX) {
    throw new ServerError("invalid_request", `X-Vault-Index is given more than ${INDEXES_MAX} times`);
  }
  const present = await Promise.all(
    requiredIndexes.map((header) => ports.indexHeader.isPresent(header, waitsForIndex, signal)),
  );
  if (present.includes(false)) throw new ServerError("index_not_present");
}
