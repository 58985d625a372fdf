import type { MountType } from "../../../sdk/mount";
import { type ApproleContext, openApprole } from "./context";
import { login, renew } from "./path-login";
import { role, roleId, roles } from "./path-role";
import {
  customSecretId,
  destroyAccessor,
  destroySecret,
  lookupAccessor,
  lookupSecretId,
  secretIds,
} from "./path-secret-id";
import { primaryCalls } from "./secret-id-store";
import { approleKeys } from "./stored-keys";
import { tidySecretIds } from "./tidy";

/**
 * Logins of applications with a role id and a secret id. Roles are shared data. Secret ids are shared too, and their uses are
 * counted once for the whole set, at the primary; where a role keeps them local, each cluster has its own.
 */
export const approle: MountType<ApproleContext> = {
  type: "approle",
  kind: "auth",
  description: "role ids and secret ids for applications",
  paths: () => [
    role,
    roles,
    roleId,
    secretIds,
    customSecretId,
    lookupSecretId,
    destroySecret,
    lookupAccessor,
    destroyAccessor,
    login,
  ],
  open: openApprole,
  renew,
  primaryCalls,
  storedKeys: () => approleKeys,
  tidy: tidySecretIds,
};
