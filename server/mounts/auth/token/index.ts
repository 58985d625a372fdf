import { extendContext } from "../../../sdk/extend-context";
import type { MountType } from "../../../sdk/mount";
import type { TokenPort } from "../../../sdk/token";
import type { TokenMountContext } from "./context";
import { createOrphan, createToken, createWithRole } from "./path-create";
import { lookupAccessor, lookupSelf, lookupToken } from "./path-lookup";
import { accessors, tidy } from "./path-maintenance";
import { renewAccessor, renewSelf, renewToken } from "./path-renew";
import { revokeAccessor, revokeOrphan, revokeSelf, revokeToken } from "./path-revoke";
import { role, roles } from "./path-roles";

/** The auth method every server has, at auth/token/. Tokens are local to a cluster, so only roles are forwarded. */
export function tokenAuth(tokens: TokenPort): MountType<TokenMountContext> {
  return {
    type: "token",
    kind: "auth",
    description: "token based credentials",
    singleton: true,
    paths: () => [
      createToken,
      createOrphan,
      createWithRole,
      lookupToken,
      lookupSelf,
      lookupAccessor,
      renewToken,
      renewSelf,
      renewAccessor,
      revokeToken,
      revokeSelf,
      revokeAccessor,
      revokeOrphan,
      accessors,
      tidy,
      role,
      roles,
    ],
    open: (context) => extendContext(context, { tokens }),
  };
}
