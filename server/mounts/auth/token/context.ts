import { ServerError } from "../../../sdk/errors";
import type { MountContext } from "../../../sdk/mount";
import type { RequestFacts } from "../../../sdk/path";
import type { TokenFacts, TokenPort, TokenSource } from "../../../sdk/token";

export interface TokenMountContext extends MountContext {
  readonly tokens: TokenPort;
}

export function sourceOf(context: TokenMountContext, request: RequestFacts): TokenSource {
  return {
    mountPath: context.mountPath,
    mountAccessor: context.accessor,
    mountType: "token",
    path: request.path,
    ...context.leaseLimits(),
  };
}

export function callerOf(request: RequestFacts): TokenFacts {
  if (request.token === undefined) throw new ServerError("permission_denied");
  return request.token;
}

/** The token a path about "self" is about. */
export function ownToken(request: RequestFacts): { readonly kind: "token"; readonly token: string } {
  if (request.clientToken === "") throw new ServerError("permission_denied");
  return { kind: "token", token: request.clientToken };
}
