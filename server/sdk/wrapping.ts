import type { WrapInfo } from "./outcome";

/** What sys/wrapping/lookup answers. */
export interface WrapLookup {
  readonly creationPath: string;
  readonly creationTimeMilliseconds: number;
  readonly creationTtlSeconds: number;
}

/**
 * Response wrapping: an answer is kept under a single-use token. The wrapped body is class `local`: a wrapping token opens
 * only where it was made.
 */
export interface WrappingPort {
  /**
   * Keeps `body` (the whole JSON envelope, UTF-8) under a new single-use token that lives `ttlSeconds`.
   * `wrappedAccessor`: accessor of the token inside, where a login or a token creation is wrapped.
   */
  wrap(body: Buffer, ttlSeconds: number, creationPath: string, wrappedAccessor?: string): Promise<WrapInfo>;
  /**
   * Gives the body back and destroys the token, durably, before it resolves: of many at once exactly one succeeds.
   * @throws invalid_request `wrapping token is not valid or does not exist`
   */
  unwrap(token: string): Promise<{ readonly body: Buffer }>;
  /** Does not use the token up. @throws invalid_request */
  lookup(token: string): Promise<WrapLookup>;
  /** Moves the body to a new token with the same TTL and creation path; the old one is gone. @throws invalid_request */
  rewrap(token: string): Promise<WrapInfo>;
}
