import { sha256Hex } from "../../sdk/crypto";
import { ServerError } from "../../sdk/errors";
import type { OwnedCeremony } from "../../sdk/share-ceremony";
import type { ReplicationDependencies } from "./dependencies";
import type { RoleState } from "./role-state";

const PREFIX = "core/replication/dr/operation-tokens/";
const TOKEN_PREFIX = "hvs.";
const TOKEN_RANDOM_CHARACTERS = 24;

/**
 * DR operation tokens made on the DR secondary by a quorum of share holders: without a time limit, good for everything
 * that takes such a token, and only here. Only their digests are stored.
 */
export class OperationTokens {
  readonly ceremony: OwnedCeremony;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
  ) {
    this.ceremony = deps.ceremony({
      name: "DR operation token",
      characters: TOKEN_PREFIX.length + TOKEN_RANDOM_CHARACTERS,
      isRootToken: false,
      requireAllowed: () => this.requireSecondary(),
      make: () => this.make(),
      revoke: async (token) => void (await this.revoke(token)),
    });
  }

  async accepts(token: Buffer): Promise<boolean> {
    return (await this.view().get(sha256Hex(token))) !== undefined;
  }

  /** @returns whether it was made here: other operation tokens are the primary's */
  async revoke(token: Buffer): Promise<boolean> {
    if (!(await this.accepts(token))) return false;
    const view = this.view();
    await view.commit([view.delete(sha256Hex(token))]);
    return true;
  }

  private async make(): Promise<Buffer> {
    const token = Buffer.from(TOKEN_PREFIX + this.deps.random.base62(TOKEN_RANDOM_CHARACTERS));
    const view = this.view();
    await view.commit([view.put(sha256Hex(token), Buffer.from("{}"))]);
    return token;
  }

  private requireSecondary(): void {
    if (isDrSecondary(this.state)) return;
    throw new ServerError("invalid_request", "this cluster is not a DR secondary");
  }

  private view() {
    return this.deps.core.barrier.view(PREFIX, "node");
  }
}

/** Also one that is being made a DR secondary: it takes no logins any more, so its share holders may have to get it out. */
export function isDrSecondary(state: Pick<RoleState, "effective">): boolean {
  const role = state.effective("dr");
  return role === "secondary" || role === "bootstrapping";
}
