import type { Clock } from "../../sdk/clock";
import type { LoginMounts } from "./token-ports";
import { isEnded, type LoadedToken } from "./token-record";
import type { TokenStore } from "./token-store";

/** Parents above a token. Each request walks them, so the number is bounded when tokens are made. */
export const TREE_DEPTH_MAX = 64;

/**
 * Decides at each use whether a token lives: neither it nor any ancestor is expired, being revoked or gone, nor is the auth
 * mount that made it: a method that is disabled at the primary ends its tokens on every cluster at once. The sweeper only frees
 * space, and one commit at the root kills a whole tree. A token whose last use is under way still lives.
 */
export class TokenLiveness {
  constructor(
    private readonly store: TokenStore,
    private readonly clock: Clock,
    private readonly mounts: Pick<LoginMounts, "has">,
  ) {}

  /** Undefined: not all ancestors are in memory. */
  isLiveNow(token: LoadedToken): boolean | undefined {
    const now = this.clock.nowMilliseconds();
    let current = token;
    for (let level = 0; level <= TREE_DEPTH_MAX; level++) {
      if (this.isEnded(current, now)) return false;
      if (current.record.parent === "") return true;
      const parent = this.store.cached(current.record.parent);
      if (parent === undefined) return undefined;
      current = parent;
    }
    return false;
  }

  async isLive(token: LoadedToken): Promise<boolean> {
    const now = this.clock.nowMilliseconds();
    let current: LoadedToken | undefined = token;
    for (let level = 0; level <= TREE_DEPTH_MAX; level++) {
      if (current === undefined || this.isEnded(current, now)) return false;
      if (current.record.parent === "") return true;
      current = await this.store.load(current.record.parent);
    }
    return false;
  }

  private isEnded({ record }: LoadedToken, nowMilliseconds: number): boolean {
    return isEnded(record, nowMilliseconds) || !this.mounts.has(record.mountAccessor);
  }

  /** The live token of the hash; undefined where there is none. */
  async live(hash: string): Promise<LoadedToken | undefined> {
    const token = await this.store.load(hash);
    return token !== undefined && (await this.isLive(token)) ? token : undefined;
  }
}
