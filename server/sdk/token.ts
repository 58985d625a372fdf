import type { AuthGrant, IssuedAuth } from "./outcome";

/** Who makes a request, as the token says. Frozen. */
export interface TokenFacts {
  /** Stable key of the token inside this cluster (keyed hash of its id, 64 hex digits); "" for batch tokens. */
  readonly idHash: string;
  /** "" for batch tokens. */
  readonly accessor: string;
  readonly type: "service" | "batch";
  /** Path it was made at, e.g. `auth/userpass/login/anna`. */
  readonly path: string;
  readonly displayName: string;
  /** Sorted, lower case, with identity's. Holds `root` only for root tokens. */
  readonly policies: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly entityId: string;
  readonly orphan: boolean;
  readonly renewable: boolean;
  /** 0: unlimited; otherwise the uses left after this one. */
  readonly numUsesLeft: number;
  readonly creationTimeSeconds: number;
  /** Undefined: never (root only). */
  readonly expireTimeMilliseconds: number | undefined;
  readonly boundCidrs: readonly string[];
}

/** The mount and path at which a token is made. */
export interface TokenSource {
  readonly mountPath: string;
  readonly mountAccessor: string;
  readonly mountType: string;
  /** Full request path. */
  readonly path: string;
  readonly defaultLeaseTtlSeconds: number;
  readonly maxLeaseTtlSeconds: number;
}

/** What the pipeline needs of the token service. */
export interface TokenAuthenticator {
  /**
   * The facts of a live token, undefined when it is unknown, expired, used up or bound to other addresses.
   * Takes one use of a use-limited token, durably, before it resolves. Synchronous for cached unlimited tokens.
   */
  authenticate(token: Buffer, remoteAddress: string): TokenFacts | undefined | Promise<TokenFacts | undefined>;
  /** Makes the token a login asked for. @throws invalid_request when the grant names the root policy */
  issueLogin(grant: AuthGrant, source: TokenSource): Promise<IssuedAuth>;
  /** To be called when a request of a use-limited token that just took its last use is over: revokes it. */
  finishUse(facts: TokenFacts): Promise<void>;
}
