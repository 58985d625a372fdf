import { credentialEntries } from "../operator/operator-document";
import type { OperatorStore } from "../operator/operator-store";
import type { ClusterClient, TokenSource } from "./cluster-client";
import { ApiError, ConfigurationError } from "./errors";
import { type Credentials, login } from "./login";

/** What the provider's block and the environment say about credentials; both come before the operator file. */
export interface ConfiguredCredentials {
  readonly token: string | undefined;
  readonly login: Credentials | undefined;
  /** From the environment. */
  readonly environmentToken: string | undefined;
}

/** Seconds before the end of a token's life at which it is no longer used. */
const MARGIN_SECONDS = 30;

interface CachedToken {
  readonly token: string;
  readonly usableUntilMs: number;
  /** Made by this session, so this session revokes it. */
  readonly own: boolean;
}

/** The token for one cluster, found or made once and shared by all operations of a session. */
export class ClusterTokens {
  private cached: Promise<CachedToken> | undefined;
  private current: CachedToken | undefined;
  /** Every token that this session made. */
  private readonly made = new Set<string>();

  constructor(
    private readonly cluster: string,
    private readonly configured: ConfiguredCredentials,
    private readonly operator: OperatorStore,
    /** A client for requests without a token. */
    private readonly anonymous: (signal: AbortSignal) => ClusterClient,
    private readonly nowMs: () => number,
  ) {}

  source(): TokenSource {
    return { token: (signal) => this.token(signal), refused: (token) => this.refused(token) };
  }

  /** The token that this session made and should revoke, if any. */
  ownToken(): string | undefined {
    return this.current?.own === true ? this.current.token : undefined;
  }

  forget(): void {
    this.cached = undefined;
    this.current = undefined;
  }

  private async token(signal: AbortSignal): Promise<string> {
    if (this.current !== undefined && this.current.usableUntilMs <= this.nowMs()) this.forget();
    this.cached ??= this.obtain(signal);
    try {
      this.current = await this.cached;
      return this.current.token;
    } catch (error) {
      this.cached = undefined;
      throw error;
    }
  }

  /** Of operations side by side the first makes the new token; the others, refused with the old one, take that. */
  private refused(token: string): boolean {
    if (!this.made.has(token)) return false;
    if (this.current?.token === token) this.forget();
    return true;
  }

  private async obtain(signal: AbortSignal): Promise<CachedToken> {
    const { token, login: credentials, environmentToken } = this.configured;
    if (token !== undefined) return given(token);
    if (credentials !== undefined) return this.logIn([credentials], signal);
    if (environmentToken !== undefined) return given(environmentToken);
    const document = await this.operator.read();
    const entries = credentialEntries(document, this.cluster);
    const candidates = entries.flatMap(({ administrator }): Credentials[] =>
      administrator === undefined ? [] : [{ method: "approle", ...administrator }],
    );
    if (candidates.length === 0) throw this.noCredentials();
    return this.logIn(candidates, signal);
  }

  /** The first that the server accepts: after a cluster became a secondary only those of its primary are valid. */
  private async logIn(candidates: readonly Credentials[], signal: AbortSignal): Promise<CachedToken> {
    let refusal: unknown;
    for (const candidate of candidates) {
      try {
        const { token, leaseSeconds } = await login(this.anonymous(signal), candidate);
        this.made.add(token);
        const seconds = leaseSeconds === 0 ? Number.POSITIVE_INFINITY : Math.max(1, leaseSeconds - MARGIN_SECONDS);
        return { token, usableUntilMs: this.nowMs() + seconds * 1000, own: true };
      } catch (error) {
        if (!(error instanceof ApiError) || ![400, 403, 404].includes(error.status)) throw error;
        refusal = error;
      }
    }
    throw refusal;
  }

  private noCredentials(): ConfigurationError {
    return new ConfigurationError(
      `No credentials for cluster "${this.cluster}"`,
      `Neither the provider's "token" or "auth_login", nor MERIDIAN_TOKEN or VAULT_TOKEN is set, and the operator file ` +
        `${this.operator.path} has no administrator for it. Set one of them, or let a meridian_cluster initialise the cluster.`,
    );
  }
}

function given(token: string): CachedToken {
  return { token, usableUntilMs: Number.POSITIVE_INFINITY, own: false };
}
