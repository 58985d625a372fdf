import type { Clock } from "../../sdk/clock";
import { constantTimeEqual } from "../../sdk/crypto";
import { ServerError } from "../../sdk/errors";
import type { Logger } from "../../sdk/logger";
import type { ResponseData } from "../../sdk/outcome";
import type { Random } from "../../sdk/random";
import type { CeremonyProduct, CoverRequest, OwnedCeremony } from "../../sdk/share-ceremony";
import { coverOf, type PgpKeys, type TokenCover } from "./token-cover";

/** The share holders of the set, as they stand behind this cluster's seal. */
export interface Quorum {
  /** How many shares make one; undefined where the cluster has none. */
  threshold(): number | undefined;
  verify(shares: readonly Buffer[]): boolean;
}

export interface CeremonyParts {
  readonly quorum: Quorum;
  readonly pgp: PgpKeys;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Attempt {
  readonly nonce: string;
  readonly beganMilliseconds: number;
  readonly cover: TokenCover;
  /** By their hex digits: a share counts once. */
  readonly shares: Map<string, Buffer>;
}

const SHARE = /^(?:[0-9a-f]{2}){16,256}$/i;
const SHARE_BYTES_MIN = 16;
const SHARE_BYTES_MAX = 256;
/** For so long only who knows the nonce ends an attempt without a token: nobody can throw the share holders' progress away. */
const GUARDED_MILLISECONDS = 600_000;

/** Share holders make a token: a quorum of their shares proves who they are, and the cover hides what they made. */
export class QuorumCeremony implements OwnedCeremony {
  private attempt: Attempt | undefined;

  constructor(
    private readonly parts: CeremonyParts,
    private readonly product: CeremonyProduct,
  ) {}

  status(isStranger: boolean): ResponseData {
    const answer = this.answer();
    return isStranger ? { ...answer, nonce: "" } : answer;
  }

  async begin(request: CoverRequest): Promise<ResponseData> {
    const { clock, random, pgp } = this.parts;
    const { characters } = this.product;
    this.product.requireAllowed();
    this.requireNoAttempt();
    const cover = await coverOf(request, characters, () => random.base62(characters), pgp);
    // Somebody else may have begun one while the key was read.
    this.requireNoAttempt();
    const attempt = { nonce: random.uuid(), beganMilliseconds: clock.nowMilliseconds(), cover, shares: new Map() };
    this.threshold();
    this.attempt = attempt;
    return { ...this.answer(), otp: cover.shownOtp };
  }

  cancel(nonce: string, isStranger: boolean): void {
    const { attempt } = this;
    if (attempt === undefined) return;
    if (nonce !== "") requireNonce(attempt, nonce);
    else if (isStranger && this.parts.clock.nowMilliseconds() - attempt.beganMilliseconds < GUARDED_MILLISECONDS) {
      throw new ServerError(
        "invalid_request",
        "'nonce' of the attempt is needed to cancel it without a token within 10 minutes of its beginning",
      );
    }
    this.forget();
  }

  forget(): void {
    for (const share of this.attempt?.shares.values() ?? []) share.fill(0);
    this.attempt = undefined;
  }

  async provide(nonce: string, key: string): Promise<ResponseData> {
    this.product.requireAllowed();
    const { attempt } = this;
    if (attempt === undefined) throw new ServerError("invalid_request", "no generation attempt is under way");
    requireNonce(attempt, nonce);
    const share = readShare(key);
    attempt.shares.set(share.toString("hex"), share);
    if (attempt.shares.size < this.threshold()) return this.answer();
    const isQuorum = this.parts.quorum.verify([...attempt.shares.values()]);
    this.forget();
    if (!isQuorum)
      throw new ServerError("invalid_request", "the shares are not those of this cluster: the attempt has ended");
    return await this.issue(attempt);
  }

  private async issue({ nonce, cover }: Attempt): Promise<ResponseData> {
    const { name, characters, isRootToken } = this.product;
    const token = await this.product.make();
    // What is longer than the password would stand in clear at the end.
    if (token.length !== characters)
      throw new Error(`a ${name} has ${token.length} characters instead of ${characters}`);
    this.parts.logger.log("warn", `share holders made a ${name}`, { attempt: nonce });
    const encoded = await cover.hide(token);
    token.fill(0);
    return {
      ...this.answer(),
      nonce,
      progress: this.threshold(),
      complete: true,
      encoded_token: encoded,
      encoded_root_token: isRootToken ? encoded : "",
      pgp_fingerprint: cover.fingerprint,
    };
  }

  private answer(): ResponseData {
    return {
      started: this.attempt !== undefined,
      nonce: this.attempt?.nonce ?? "",
      progress: this.attempt?.shares.size ?? 0,
      required: this.threshold(),
      complete: false,
      encoded_token: "",
      encoded_root_token: "",
      pgp_fingerprint: this.attempt?.cover.fingerprint ?? "",
      otp: "",
      otp_length: this.product.characters,
    };
  }

  private threshold(): number {
    const threshold = this.parts.quorum.threshold();
    if (threshold === undefined) throw new ServerError("invalid_request", "this cluster has no share holders");
    return threshold;
  }

  private requireNoAttempt(): void {
    if (this.attempt === undefined) return;
    throw new ServerError("invalid_request", "a generation attempt is under way already");
  }
}

function requireNonce(attempt: Attempt, nonce: string): void {
  if (constantTimeEqual(Buffer.from(nonce), Buffer.from(attempt.nonce))) return;
  throw new ServerError("invalid_request", "the nonce is not that of the attempt under way");
}

function readShare(key: string): Buffer {
  const share = SHARE.test(key) ? Buffer.from(key, "hex") : Buffer.from(key, "base64");
  if (share.length >= SHARE_BYTES_MIN && share.length <= SHARE_BYTES_MAX) return share;
  throw new ServerError("invalid_request", "'key' must be a share in hex or base64");
}
