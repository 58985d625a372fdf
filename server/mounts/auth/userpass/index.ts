import type { MountType } from "../../../sdk/mount";
import { openUserpass, type UserpassContext } from "./context";
import { login, renew } from "./path-login";
import { user, userPassword, userPolicies, users } from "./path-users";
import { userpassKeys } from "./stored-keys";

/** Logins with user name and password. Users are shared data; logins and lockout are each cluster's own. */
export const userpass: MountType<UserpassContext> = {
  type: "userpass",
  kind: "auth",
  description: "user name and password",
  paths: () => [user, users, userPassword, userPolicies, login],
  open: openUserpass,
  renew,
  storedKeys: () => userpassKeys,
};
