import { constantTimeEqual, sha256Hex } from "../../sdk/crypto";
import { ServerError } from "../../sdk/errors";
import type { ResponseData } from "../../sdk/outcome";
import type { ReplicationDependencies } from "./dependencies";
import type { RoleState } from "./role-state";
import { type CoverRequest, coverOf, type TokenCover } from "./token-cover";

/** The share holders of the set, as they stand behind this cluster's seal. */
export interface Quorum {
  /** How many shares make one; undefined where the cluster has none. */
  threshold(): number | undefined;
  verify(shares: readonly Buffer[]): boolean;
}

interface Attempt {
  readonly nonce: string;
  readonly cover: TokenCover;
  /** By their hex digits: a share counts once. */
  readonly shares: Map<string, Buffer>;
}

const PREFIX = "core/replication/dr/operation-tokens/";
const TOKEN_RANDOM_CHARACTERS = 24;
const TOKEN_CHARACTERS = "hvs.".length + TOKEN_RANDOM_CHARACTERS;
const SHARE = /^(?:[0-9a-f]{2}){16,256}$/i;
const SHARE_BYTES_MAX = 256;

/**
 * DR operation tokens made on the DR secondary by a quorum of share holders: without a time limit, good for everything
 * that takes such a token, and only here. Only their digests are stored.
 */
export class OperationTokens {
  private attempt: Attempt | undefined;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly state: RoleState,
  ) {}

  status(): ResponseData {
    return this.answer({});
  }

  /** Starts an attempt. The answer alone has the one-time password that the token will be hidden with, if we made it. */
  async begin(request: CoverRequest): Promise<ResponseData> {
    this.requireSecondary();
    this.requireNoAttempt();
    const { random, pgp } = this.deps;
    const cover = await coverOf(request, TOKEN_CHARACTERS, () => random.base62(TOKEN_CHARACTERS), pgp);
    // Somebody else may have begun one while the key was read.
    this.requireNoAttempt();
    this.attempt = { nonce: random.uuid(), cover, shares: new Map() };
    return this.answer({ otp: cover.shownOtp });
  }

  cancel(): void {
    for (const share of this.attempt?.shares.values() ?? []) share.fill(0);
    this.attempt = undefined;
  }

  /** Takes one share, hex or base64. A wrong quorum ends the attempt. */
  async provide(nonce: string, key: string): Promise<ResponseData> {
    this.requireSecondary();
    const { attempt } = this;
    if (attempt === undefined) throw new ServerError("invalid_request", "no generation attempt is under way");
    if (!constantTimeEqual(Buffer.from(nonce), Buffer.from(attempt.nonce))) {
      throw new ServerError("invalid_request", "the nonce is not that of the attempt under way");
    }
    const share = readShare(key);
    attempt.shares.set(share.toString("hex"), share);
    if (attempt.shares.size < this.threshold()) return this.answer({});
    const isQuorum = this.deps.quorum?.verify([...attempt.shares.values()]) === true;
    this.cancel();
    if (!isQuorum)
      throw new ServerError("invalid_request", "the shares are not those of this cluster: the attempt has ended");
    return await this.issue(attempt);
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

  private async issue(attempt: Attempt): Promise<ResponseData> {
    const token = Buffer.from(`hvs.${this.deps.random.base62(TOKEN_RANDOM_CHARACTERS)}`);
    const view = this.view();
    await view.commit([view.put(sha256Hex(token), Buffer.from("{}"))]);
    this.deps.logger.log("warn", "share holders made a DR operation token", { attempt: attempt.nonce });
    const encoded = await attempt.cover.hide(token);
    token.fill(0);
    return {
      ...this.answer({}),
      nonce: attempt.nonce,
      progress: this.threshold(),
      complete: true,
      encoded_token: encoded,
      pgp_fingerprint: attempt.cover.fingerprint,
    };
  }

  private answer({ otp = "" }: { readonly otp?: string }): ResponseData {
    return {
      started: this.attempt !== undefined,
      nonce: this.attempt?.nonce ?? "",
      progress: this.attempt?.shares.size ?? 0,
      required: this.threshold(),
      complete: false,
      encoded_token: "",
      encoded_root_token: "",
      pgp_fingerprint: this.attempt?.cover.fingerprint ?? "",
      otp,
      otp_length: TOKEN_CHARACTERS,
    };
  }

  private threshold(): number {
    const threshold = this.deps.quorum?.threshold();
    if (threshold === undefined) throw new ServerError("invalid_request", "this cluster has no share holders");
    return threshold;
  }

  private requireNoAttempt(): void {
    if (this.attempt === undefined) return;
    throw new ServerError("invalid_request", "a generation attempt is under way already");
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

function readShare(key: string): Buffer {
  const share = SHARE.test(key) ? Buffer.from(key, "hex") : Buffer.from(key, "base64");
  if (share.length >= 16 && share.length <= SHARE_BYTES_MAX) return share;
  throw new ServerError("invalid_request", "'key' must be a share in hex or base64");
}
