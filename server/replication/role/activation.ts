import type { Clock } from "../../sdk/clock";
import { ServerError } from "../../sdk/errors";
import type { ReplicationMode } from "../../sdk/log";
import type { WrapInfo } from "../../sdk/outcome";
import type { PrimaryApi } from "../../sdk/replication-admin";
import type { WrappingPort } from "../../sdk/wrapping";
import { type ActivationBundle, readBundle } from "./activation-bundle";
import { type ActivationRefusals, ActivationRefused } from "./activation-refusals";
import {
  looksLikeActivationToken,
  readActivationToken,
  signActivationToken,
  verifyActivationToken,
} from "./activation-token";

/** Calls another cluster's API. */
export interface ApiClient {
  /**
   * POST sys/wrapping/unwrap with the token as the client's token.
   * @throws invalid_request with a clear text when the address does not answer or is not trusted
   */
  unwrap(address: string, token: string, api: PrimaryApi): Promise<{ readonly status: number; readonly body: Buffer }>;
}

/** Opens an activation token at the primary that made it. @throws invalid_request saying what is wrong with it */
export async function openActivationToken(
  client: ApiClient,
  clock: Clock,
  mode: ReplicationMode,
  token: string,
  api: PrimaryApi,
): Promise<ActivationBundle> {
  const claims = readActivationToken(token.trim(), Math.floor(clock.nowMilliseconds() / 1000));
  const address = api.address !== "" ? api.address : claims.addr;
  if (address === "") {
    throw new ServerError("invalid_request", "the token names no API address of the primary: give primary_api_addr");
  }
  const answer = await client.unwrap(address, token.trim(), api);
  if (answer.status !== 200) {
    const reason = answer.body.toString("utf8").slice(0, 500);
    throw new ServerError("invalid_request", `error response unwrapping secondary token (${answer.status}): ${reason}`);
  }
  return readBundle(answer.body, mode);
}

/** Where the key that signs activation tokens comes from; undefined: none was ever made. */
export type SigningKeySource = () => Promise<string | undefined>;

/**
 * Lets activation tokens be used wherever wrapping tokens are: a signed token stands for the wrapping token inside it.
 * Wrap it round the server's wrapping service; everything else passes through.
 */
export class ActivationWrapping implements WrappingPort {
  constructor(
    private readonly inner: WrappingPort,
    private readonly signingKey: SigningKeySource,
    private readonly clock: Clock,
    private readonly refusals: ActivationRefusals,
  ) {}

  wrap(body: Buffer, ttlSeconds: number, creationPath: string, wrappedAccessor?: string): Promise<WrapInfo> {
    return this.inner.wrap(body, ttlSeconds, creationPath, wrappedAccessor);
  }

  async unwrap(token: string): Promise<{ readonly body: Buffer }> {
    if (!looksLikeActivationToken(token)) return await this.inner.unwrap(token);
    return await this.refusals.noting(async () => {
      const wrappingToken = await this.wrappingTokenOf(token);
      return await unlessUsed(() => this.inner.unwrap(wrappingToken));
    });
  }

  async lookup(token: string) {
    if (!looksLikeActivationToken(token)) return await this.inner.lookup(token);
    return await this.refusals.noting(async () => {
      const wrappingToken = await this.wrappingTokenOf(token);
      return await unlessUsed(() => this.inner.lookup(wrappingToken));
    });
  }

  async rewrap(token: string): Promise<WrapInfo> {
    if (looksLikeActivationToken(token)) {
      throw new ServerError("invalid_request", "an activation token cannot be rewrapped; make a new one");
    }
    return await this.inner.rewrap(token);
  }

  private async wrappingTokenOf(token: string): Promise<string> {
    const key = await this.signingKey();
    if (key === undefined) throw new ActivationRefused("altered", "this cluster never made an activation token");
    return verifyActivationToken(token, key, Math.floor(this.clock.nowMilliseconds() / 1000)).jti;
  }
}

/** The token was verified: what is not there any more was spent. */
async function unlessUsed<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof ServerError) || cause.code !== "invalid_request") throw cause;
    throw new ActivationRefused("used", "the activation token was used already or has expired", cause);
  }
}

/** Turns a fresh wrapping token into an activation token. */
export function asActivationToken(wrap: WrapInfo, apiAddress: string, signingKey: string): WrapInfo {
  const issuedAtSeconds = Math.floor(wrap.creationTimeMilliseconds / 1000);
  const claims = {
    jti: wrap.token,
    accessor: wrap.accessor,
    addr: apiAddress,
    issuedAtSeconds,
    expiresAtSeconds: issuedAtSeconds + wrap.ttlSeconds,
  };
  return { ...wrap, token: signActivationToken(claims, signingKey), wrappedAccessor: wrap.wrappedAccessor ?? "" };
}
