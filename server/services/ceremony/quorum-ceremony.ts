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
  /** @throws invalid_request for what can be no share of theirs */
  parse(text: string): Buffer;
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
  /** Each once. */
  readonly shares: Buffer[];
}

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
    const attempt = { nonce: random.uuid(), beganMilliseconds: clock.nowMilliseconds(), cover, shares: [] };
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

  review(): void {
    if (this.attempt === undefined) return;
    try {
      this.product.requireAllowed();
    } catch {
      this.forget();
    }
  }

  forget(): void {
    for (const share of this.attempt?.shares ?? []) share.fill(0);
    this.attempt = undefined;
  }

  async provide(nonce: string, key: string): Promise<ResponseData> {
    this.product.requireAllowed();
    const { attempt } = this;
    if (attempt === undefined) throw new ServerError("invalid_request", "no generation attempt is under way");
    requireNonce(attempt, nonce);
    const { quorum } = this.parts;
    const required = this.threshold();
    const share = quorum.parse(key);
    if (attempt.shares.some((given) => constantTimeEqual(given, share))) share.fill(0);
    else attempt.shares.push(share);
    if (attempt.shares.length < required) return this.answer();
    const isQuorum = quorum.verify(attempt.shares);
    this.forget();
    if (!isQuorum)
      throw new ServerError("invalid_request", "the shares are not those of this cluster: the attempt has ended");
    return await this.issue(attempt);
  }

  private async issue(attempt: Attempt): Promise<ResponseData> {
    const { name, isRootToken } = this.product;
    const token = await this.product.make();
    this.parts.logger.log("warn", `share holders made a ${name}`, { attempt: attempt.nonce });
    try {
      const encoded = await this.hidden(token, attempt.cover);
      const progress = { ...this.answer(attempt), complete: true };
      return { ...progress, encoded_token: encoded, encoded_root_token: isRootToken ? encoded : "" };
    } catch (error) {
      // Nobody will ever hold it.
      await this.product.revoke(token);
      throw error;
    } finally {
      token.fill(0);
    }
  }

  private hidden(token: Buffer, cover: TokenCover): Promise<string> {
    const { name, characters } = this.product;
    if (token.length === characters) return cover.hide(token);
    // What is longer than the password would stand in clear at the end.
    throw new Error(`a ${name} has ${token.length} characters instead of ${characters}`);
  }

  private answer(attempt: Attempt | undefined = this.attempt): ResponseData {
    return {
      started: attempt !== undefined,
      nonce: attempt?.nonce ?? "",
      progress: attempt?.shares.length ?? 0,
      required: this.threshold(),
      complete: false,
      encoded_token: "",
      encoded_root_token: "",
      pgp_fingerprint: attempt?.cover.fingerprint ?? "",
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
