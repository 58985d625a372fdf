import { ServerError } from "../../sdk/errors";
import type { Exchange } from "../exchange";
import type { PipelinePorts } from "../ports";

/** A client that sends X-Vault-Index wants no answer older than what it names. Waits a little, then 412. */
export function checkIndex(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  const { requiredIndexes } = exchange;
  return requiredIndexes.length === 0 ? undefined : waitForAll(exchange, ports);
}

async function waitForAll(exchange: Exchange, ports: PipelinePorts): Promise<void> {
  for (const header of exchange.requiredIndexes) {
    const isPresent = await ports.indexHeader.isPresent(header, exchange.signal);
    if (!isPresent) throw new ServerError("index_not_present");
  }
}
