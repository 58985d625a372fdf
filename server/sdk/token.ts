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
  /** 0: unlimited; above 0: the uses left after this one; -1: this was the last one. */
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
  /** To be called when a request is over: revokes the token whose last use it took (`numUsesLeft` -1), else does nothing. */
  finishUse(facts: TokenFacts): Promise<void>;
}

/** What auth/token/create, create-orphan and create/{role} ask for. Durations in seconds, 0 = not set. */
export interface TokenRequest {
  /** Text of the token, only with sudo. */
  readonly id: string | undefined;
  readonly roleName: string | undefined;
  /** Undefined: the caller's. */
  readonly policies: readonly string[] | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  /** Only with sudo. */
  readonly noParent: boolean;
  /** Asked for through create-orphan, which policies guard by its path. */
  readonly orphan: boolean;
  readonly noDefaultPolicy: boolean;
  readonly renewable: boolean;
  readonly ttlSeconds: number;
  readonly explicitMaxTtlSeconds: number;
  /** Only with sudo or through a role. */
  readonly periodSeconds: number;
  readonly displayName: string;
  readonly numUses: number;
  readonly type: "service" | "batch" | "default";
}

/** A live token as lookup shows it. */
export interface TokenDescription {
  readonly accessor: string;
  readonly creationTimeSeconds: number;
  /** 0: never expires. */
  readonly creationTtlSeconds: number;
  readonly displayName: string;
  readonly entityId: string;
  readonly expireTimeMilliseconds: number | undefined;
  readonly issueTimeMilliseconds: number;
  readonly explicitMaxTtlSeconds: number;
  readonly periodSeconds: number;
  readonly lastRenewalSeconds: number | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  /** Uses left; 0: unlimited. */
  readonly numUses: number;
  readonly orphan: boolean;
  readonly path: string;
  readonly policies: readonly string[];
  readonly renewable: boolean;
  readonly roleName: string;
  readonly boundCidrs: readonly string[];
  /** Seconds left, at least 1; 0 only where the token never expires. */
  readonly ttlSeconds: number;
  readonly type: "service" | "batch";
}

/** One role of auth/token/roles. Shared by all clusters of the set. */
export interface TokenRole {
  readonly name: string;
  readonly allowedPolicies: readonly string[];
  readonly disallowedPolicies: readonly string[];
  readonly allowedPoliciesGlob: readonly string[];
  readonly disallowedPoliciesGlob: readonly string[];
  readonly orphan: boolean;
  readonly pathSuffix: string;
  readonly renewable: boolean;
  readonly tokenType: "service" | "batch" | "default-service" | "default-batch";
  readonly periodSeconds: number;
  readonly explicitMaxTtlSeconds: number;
  readonly noDefaultPolicy: boolean;
  readonly numUses: number;
  readonly boundCidrs: readonly string[];
}

/** How a request names a token. */
export type TokenSelector =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "accessor"; readonly accessor: string };

export interface IssuedToken {
  readonly auth: IssuedAuth;
  readonly warnings: readonly string[];
}

/** What the auth/token mount needs of the token service. Tokens that are dead are not there. */
export interface TokenPort {
  /** @throws invalid_request or permission_denied with the reason */
  create(caller: TokenFacts, request: TokenRequest, source: TokenSource): Promise<IssuedToken>;
  lookup(selector: TokenSelector): Promise<TokenDescription | undefined>;
  /** `incrementSeconds` 0: the token's own. @throws invalid_request */
  renew(selector: TokenSelector, incrementSeconds: number): Promise<IssuedToken>;
  /** The token and all its descendants; resolves once all of them are gone. @throws invalid_request for batch tokens */
  revoke(selector: TokenSelector): Promise<void>;
  /** The token alone; its children become orphans. */
  revokeOrphan(selector: TokenSelector): Promise<void>;
  /** Sorted, at most `limit` after `after`. */
  accessors(options: { readonly after?: string; readonly limit: number }): Promise<readonly string[]>;
  /** Removes index entries without a token, in the background. @returns false when it is running already */
  tidy(): boolean;
  readonly roles: TokenRoles;
}

export interface TokenRoles {
  read(name: string): Promise<TokenRole | undefined>;
  list(): Promise<readonly string[]>;
  write(role: TokenRole): Promise<void>;
  delete(name: string): Promise<void>;
}
