import { extendContext } from "../../../sdk/extend-context";
import { KeyedLock } from "../../../sdk/keyed-lock";
import { Lockout } from "../../../sdk/lockout";
import type { MountContext } from "../../../sdk/mount";

export interface ApproleContext extends MountContext {
  readonly lockout: Lockout;
  /** By role and secret id: uses are taken one after the other. */
  readonly lock: KeyedLock;
}

export function openApprole(context: MountContext): ApproleContext {
  return extendContext(context, { lockout: new Lockout(context.clock), lock: new KeyedLock() });
}

/** Whether this cluster may write the mount's shared data itself. */
export function ownsShared(context: MountContext): boolean {
  const { performance, dr } = context.replicationState();
  return dr !== "secondary" && (context.local || performance !== "secondary");
}
