import { ServerError } from "../../sdk/errors";
import { KeyedLock } from "../../sdk/keyed-lock";
import type { LogEntry } from "../../sdk/log";
import type { AuthGrant, IssuedAuth } from "../../sdk/outcome";
import type {
  IssuedToken,
  TokenAuthenticator,
  TokenDescription,
  TokenFacts,
  TokenPort,
  TokenRequest,
  TokenSelector,
  TokenSource,
} from "../../sdk/token";
import { BATCH_PREFIX } from "./batch-token";
import { TokenAuthentication } from "./token-authentication";
import { draftOf } from "./token-creation";
import { describeBatch, describeToken } from "./token-description";
import { TokenLiveness } from "./token-liveness";
import { loginDraft } from "./token-login";
import { type TokenDraft, TokenMinter } from "./token-minter";
import type { TokenServiceOptions } from "./token-ports";
import type { LoadedToken } from "./token-record";
import { TokenRenewal } from "./token-renewal";
import { type RevocationHook, TokenRevocation } from "./token-revocation";
import { StoredTokenRoles } from "./token-roles";
import { TokenStore } from "./token-store";
import { TokenSweeper } from "./token-sweeper";

/**
 * Tokens of one cluster: class `local`, so that a promoted DR secondary goes on with all of them and no other cluster knows
 * any. Orphan batch tokens are stored nowhere and work wherever the set's key is.
 */
export class TokenService implements TokenAuthenticator, TokenPort {
  readonly roles: StoredTokenRoles;
  private readonly store: TokenStore;
  private readonly liveness: TokenLiveness;
  private readonly authentication: TokenAuthentication;
  private readonly minter: TokenMinter;
  private readonly renewal: TokenRenewal;
  private readonly revocation: TokenRevocation;
  private readonly sweeper: TokenSweeper;

  constructor(private readonly options: TokenServiceOptions) {
    const { clock, random, batchCipher, mounts, indexes } = options;
    const lock = new KeyedLock();
    this.roles = new StoredTokenRoles(options.sharedStorage);
    this.store = new TokenStore(options.storage, random);
    this.liveness = new TokenLiveness(this.store, clock, mounts);
    this.authentication = new TokenAuthentication(this.store, this.liveness, lock, clock, batchCipher, indexes);
    this.minter = new TokenMinter(this.store, this.liveness, lock, clock, random, batchCipher, indexes);
    this.renewal = new TokenRenewal(this.store, this.liveness, lock, clock, mounts, this.roles);
    this.revocation = new TokenRevocation(this.store, lock);
    this.sweeper = new TokenSweeper(this.store, this.revocation, clock, options.logger, options.mayWrite);
  }

  /** Starts sweeping, which first finishes revocations that a kill interrupted. */
  start(): void {
    this.sweeper.start();
  }

  stop(): void {
    this.sweeper.stop();
  }

  /** Called with the hash of every token that ends, before it is forgotten. */
  addRevocationHook(hook: RevocationHook): void {
    this.revocation.addHook(hook);
  }

  /** For every log entry that this node applies, own or another's. */
  onEntry(entry: Pick<LogEntry, "operations">): void {
    this.store.onEntry(entry);
  }

  /** After the data was replaced as a whole: promotion of a new generation, unsealing. */
  forgetAll(): void {
    this.store.forgetAll();
  }

  authenticate(token: Buffer, remoteAddress: string): TokenFacts | undefined | Promise<TokenFacts | undefined> {
    return this.authentication.authenticate(token, remoteAddress);
  }

  async issueLogin(grant: AuthGrant, source: TokenSource): Promise<IssuedAuth> {
    const draft = loginDraft(grant, source, this.options.mounts.tokenType(source.mountAccessor));
    return (await this.minter.mint(draft)).auth;
  }

  async finishUse(facts: TokenFacts): Promise<void> {
    if (facts.numUsesLeft === -1) await this.revocation.revokeTree(facts.idHash);
  }

  /** The root token of init and generate-root: never expires. @param id chosen text (dev mode only) */
  async createRootToken(id?: string): Promise<IssuedAuth> {
    return (await this.minter.mint({ ...ROOT_DRAFT, id })).auth;
  }

  /** For response wrapping: a token that opens nothing but what is wrapped under its hash. */
  createWrappingToken(
    draft: Pick<TokenDraft, "path" | "ttlSeconds" | "limits">,
  ): Promise<{ auth: IssuedAuth; hash: string }> {
    return this.minter.mint({
      ...ROOT_DRAFT,
      ...draft,
      displayName: "wrapping",
      policies: WRAPPING_POLICIES,
      numUses: 1,
      wrapping: true,
    });
  }

  /** Hash of the live token, its use not taken; undefined for batch tokens too. */
  async findLive(token: string): Promise<{ readonly hash: string; readonly wrapping: boolean } | undefined> {
    const live = await this.selected({ kind: "token", token });
    return live === undefined ? undefined : { hash: live.hash, wrapping: live.record.wrapping };
  }

  /** Whether the token of the hash lives: what hangs on it must not outlive it. */
  async isLive(hash: string): Promise<boolean> {
    return (await this.liveness.live(hash)) !== undefined;
  }

  /** Revokes by hash, with descendants. */
  revokeByHash(hash: string): Promise<void> {
    return this.revocation.revokeTree(hash);
  }

  /** The token alone, by hash: its children live on. */
  revokeAloneByHash(hash: string): Promise<void> {
    return this.revocation.revokeAlone(hash);
  }

  async create(caller: TokenFacts, request: TokenRequest, source: TokenSource): Promise<IssuedToken> {
    const role = request.roleName === undefined ? undefined : await this.roles.read(request.roleName);
    if (request.roleName !== undefined && role === undefined) throw new ServerError("invalid_request", "unknown role");
    return this.minter.mint(await draftOf(caller, request, role, source, this.options.access));
  }

  async lookup(selector: TokenSelector): Promise<TokenDescription | undefined> {
    const now = this.options.clock.nowMilliseconds();
    const batch = batchText(selector);
    if (batch !== undefined) {
      const body = await this.authentication.openLiveBatch(batch);
      return body === undefined ? undefined : describeBatch(body, now);
    }
    const token = await this.selected(selector);
    return token === undefined ? undefined : describeToken(token.record, now);
  }

  async renew(selector: TokenSelector, incrementSeconds: number): Promise<IssuedToken> {
    if (batchText(selector) !== undefined) throw new ServerError("invalid_request", "batch tokens cannot be renewed");
    const token = await this.selected(selector);
    if (token === undefined) throw notThere(selector);
    return this.renewal.renew(token.hash, selector.kind === "token" ? selector.token : "", incrementSeconds);
  }

  async revoke(selector: TokenSelector): Promise<void> {
    const hash = await this.hashToRevoke(selector);
    if (hash !== undefined) await this.revocation.revokeTree(hash);
  }

  async revokeOrphan(selector: TokenSelector): Promise<void> {
    const hash = await this.hashToRevoke(selector);
    if (hash !== undefined) await this.revocation.revokeAlone(hash);
  }

  /** All tokens that were made at a path under the prefix, with descendants; never a root token of init, which has no end. */
  revokeUnder(prefix: string): Promise<void> {
    return this.revocation.revokeUnder(prefix);
  }

  accessors(options: { readonly after?: string; readonly limit: number }): Promise<readonly string[]> {
    return this.options.storage.list("accessor/", options);
  }

  tidy(): boolean {
    return this.sweeper.startTidy();
  }

  private async hashToRevoke(selector: TokenSelector): Promise<string | undefined> {
    if (batchText(selector) !== undefined) throw new ServerError("invalid_request", "batch tokens cannot be revoked");
    if (selector.kind === "token") return this.store.hash(selector.token);
    const hash = await this.store.hashOfAccessor(selector.accessor);
    if (hash === undefined) throw notThere(selector);
    return hash;
  }

  /** The live token named. */
  private async selected(selector: TokenSelector): Promise<LoadedToken | undefined> {
    const byText = selector.kind === "token";
    const hash = byText ? await this.store.hash(selector.token) : await this.store.hashOfAccessor(selector.accessor);
    return hash === undefined ? undefined : this.liveness.live(hash);
  }
}

function batchText(selector: TokenSelector): string | undefined {
  return selector.kind === "token" && selector.token.startsWith(BATCH_PREFIX) ? selector.token : undefined;
}

function notThere(selector: TokenSelector): ServerError {
  if (selector.kind === "accessor") return new ServerError("invalid_request", "invalid accessor");
  return new ServerError("permission_denied", "bad token");
}

const WRAPPING_POLICIES: readonly string[] = Object.freeze(["response-wrapping"]);

const ROOT_DRAFT: TokenDraft = Object.freeze({
  type: "service",
  id: undefined,
  parent: "",
  path: "auth/token/root",
  displayName: "root",
  policies: Object.freeze(["root"]),
  metadata: new Map<string, string>(),
  internalData: new Map<string, string>(),
  mountAccessor: "",
  roleName: "",
  numUses: 0,
  renewable: false,
  boundCidrs: Object.freeze([]),
  wrapping: false,
  ttlSeconds: 0,
  maxTtlSeconds: 0,
  explicitMaxTtlSeconds: 0,
  periodSeconds: 0,
  limits: undefined,
});
