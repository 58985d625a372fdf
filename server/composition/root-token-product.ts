import { ServerError } from "../sdk/errors";
import type { ReplicationState } from "../sdk/replication";
import type { CeremonyProduct } from "../sdk/share-ceremony";
import { PLAIN_TOKEN_LENGTH } from "../services/token/token-minter";
import type { TokenService } from "../services/token/token-service";

const NO_OWN_TOKENS =
  "a DR secondary has no tokens of its own: its share holders make a DR operation token (sys/replication/dr/secondary/generate-operation-token), or a root token on the primary";

/** Root tokens, where this cluster can make tokens that last. */
export function rootTokenProduct(
  tokens: Pick<TokenService, "createRootToken" | "revoke">,
  state: () => ReplicationState,
): CeremonyProduct {
  return {
    name: "root token",
    characters: PLAIN_TOKEN_LENGTH,
    isRootToken: true,
    requireAllowed: () => requireOwnTokens(state()),
    make: async () => Buffer.from((await tokens.createRootToken()).clientToken),
    revoke: (token) => tokens.revoke({ kind: "token", token: token.toString() }),
  };
}

/** A DR secondary's tokens are its primary's, and whoever is being made a secondary gives up what it holds. */
function requireOwnTokens({ performance, dr }: ReplicationState): void {
  if (dr === "secondary") throw new ServerError("invalid_request", NO_OWN_TOKENS);
  const mode = [performance, dr].indexOf("bootstrapping");
  if (mode === -1) return;
  const disable = `sys/replication/${mode === 0 ? "performance" : "dr"}/secondary/disable`;
  const reason = `this cluster is being made a secondary; wait until that is done, or give it up by ${disable}`;
  throw new ServerError("invalid_request", reason);
}
