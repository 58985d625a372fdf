import { ServerError } from "../../sdk/errors";
import type { TokenFacts } from "../../sdk/token";
import type { Exchange } from "../exchange";
import type { PipelinePorts } from "../ports";

/** No honest token is longer; nothing longer is hashed. */
const TOKEN_LENGTH_MAX = 4 * 1024;

/** Who asks. Takes a use of a use-limited token. Runs before the body is parsed: strangers cost no more than a look-up. */
export function authenticate(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  const { clientToken } = exchange;
  if (clientToken === "" || clientToken.length > TOKEN_LENGTH_MAX) throw new ServerError("missing_client_token");
  const facts = ports.tokens.authenticate(Buffer.from(clientToken, "latin1"), exchange.remoteAddress);
  if (facts instanceof Promise) return facts.then((settled) => accept(exchange, settled));
  accept(exchange, facts);
  return undefined;
}

function accept(exchange: Exchange, facts: TokenFacts | undefined): void {
  if (facts !== undefined) exchange.token = facts;
  else if (exchange.declaration?.acceptsWrappingToken === true) exchange.byWrappingToken = true;
  else throw new ServerError("permission_denied");
}
