import type { Clock } from "../../sdk/clock";
import { isServerError, ServerError } from "../../sdk/errors";
import type { KeyedLock } from "../../sdk/keyed-lock";
import type { TokenFacts } from "../../sdk/token";
import {
  BATCH_PREFIX,
  BATCH_TOKEN_LENGTH_MAX,
  type BatchBody,
  type BatchTokenCipher,
  batchAcceptsAddress,
  batchFacts,
  openBatch,
} from "./batch-token";
import type { TokenLiveness } from "./token-liveness";
import type { TokenIndexes } from "./token-ports";
import { factsOf, type LoadedToken } from "./token-record";
import type { TokenStore } from "./token-store";

/** Commits that lose against another writer of the same token are tried again this often. */
const USE_ATTEMPTS = 8;

/** Turns the text a client presents into facts. */
export class TokenAuthentication {
  constructor(
    private readonly store: TokenStore,
    private readonly liveness: TokenLiveness,
    private readonly lock: KeyedLock,
    private readonly clock: Clock,
    private readonly cipher: BatchTokenCipher,
    private readonly indexes: TokenIndexes,
  ) {}

  authenticate(token: Buffer, remoteAddress: string): TokenFacts | undefined | Promise<TokenFacts | undefined> {
    if (token.length === 0 || token.length > BATCH_TOKEN_LENGTH_MAX) return undefined;
    if (startsWith(token, BATCH_PREFIX)) return this.authenticateBatch(token.toString("latin1"), remoteAddress);
    const hash = this.store.acceptedHash(token);
    const cached = hash === undefined ? undefined : this.store.cached(hash);
    if (cached !== undefined && isUnlimited(cached)) {
      const live = this.liveness.isLiveNow(cached);
      if (live !== undefined) return live && cached.acceptsAddress(remoteAddress) ? cached.facts : undefined;
    }
    return this.authenticateStored(token, remoteAddress);
  }

  private async authenticateStored(token: Buffer, remoteAddress: string): Promise<TokenFacts | undefined> {
    const hash = await this.store.hash(token);
    const live = (await this.liveness.live(hash)) ?? (await this.arrived(token, hash));
    if (live === undefined || !live.acceptsAddress(remoteAddress)) return undefined;
    if (!isUnlimited(live)) return this.takeUse(live.hash);
    this.store.accept(token, live.hash);
    return live.facts;
  }

  /**
   * A token that is not here, though nothing says that this cluster knows all tokens up to it, is no stranger's: it is
   * waited for, and then the client told to come again. What is known to be lost is waited for by nobody.
   * @throws index_not_present
   */
  private async arrived(token: Buffer, hash: string): Promise<LoadedToken | undefined> {
    const carried = await this.store.carried(token);
    if (carried === undefined || (await this.store.load(hash)) !== undefined) return undefined;
    const standing = await this.indexes.standing(carried.at);
    if (standing === "awaited") throw new ServerError("index_not_present");
    return standing === "held" ? this.liveness.live(hash) : undefined;
  }

  /** Of many at once, one use each: the count is written before the request goes on. */
  private takeUse(hash: string): Promise<TokenFacts | undefined> {
    return this.lock.run(hash, async () => {
      for (let attempt = 1; ; attempt++) {
        const token = await this.liveness.live(hash);
        if (token === undefined || token.record.usesLeft <= 0) return undefined;
        const usesLeft = token.record.usesLeft - 1;
        try {
          await this.store.commit(this.store.change(token, { ...token.record, usesLeft }), [hash]);
          return factsOf(hash, token.record, usesLeft === 0 ? -1 : usesLeft);
        } catch (error) {
          if (!isServerError(error, "write_conflict") || attempt === USE_ATTEMPTS) throw error;
        }
      }
    });
  }

  /** The body of a live batch token; bound addresses are not looked at. */
  async openLiveBatch(token: string): Promise<BatchBody | undefined> {
    const body = openBatch(this.cipher, token);
    if (body === undefined || this.clock.nowMilliseconds() >= body.expireTimeMilliseconds) return undefined;
    if (body.parent !== "" && (await this.liveness.live(body.parent)) === undefined) return undefined;
    return body;
  }

  private authenticateBatch(
    token: string,
    remoteAddress: string,
  ): TokenFacts | undefined | Promise<TokenFacts | undefined> {
    const body = openBatch(this.cipher, token);
    if (body === undefined || this.clock.nowMilliseconds() >= body.expireTimeMilliseconds) return undefined;
    if (!batchAcceptsAddress(body, remoteAddress)) return undefined;
    if (body.parent === "") return batchFacts(body);
    return this.liveness.live(body.parent).then((parent) => (parent === undefined ? undefined : batchFacts(body)));
  }
}

/** Wrapping tokens are limited to one use, which unwrapping takes. */
function isUnlimited({ record }: LoadedToken): boolean {
  return record.numUses === 0 || record.wrapping;
}

function startsWith(token: Buffer, prefix: string): boolean {
  return token.length > prefix.length && token.toString("latin1", 0, prefix.length) === prefix;
}
