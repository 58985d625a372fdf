import { extendContext } from "../../../sdk/extend-context";
import { Lockout } from "../../../sdk/lockout";
import type { MountContext } from "../../../sdk/mount";
import { PasswordHasher } from "./password";

export interface UserpassContext extends MountContext {
  readonly lockout: Lockout;
  readonly hasher: PasswordHasher;
}

export function openUserpass(context: MountContext): UserpassContext {
  return extendContext(context, { lockout: new Lockout(context.clock), hasher: new PasswordHasher() });
}
