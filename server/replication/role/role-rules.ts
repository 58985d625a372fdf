import { ServerError } from "../../sdk/errors";
import type { KeyClass, ReplicationMode } from "../../sdk/log";
import type { ReplicationRole } from "../../sdk/replication";
import type { RoleRecord } from "./records";

/** Both modes' roles, as stored, and whether a new generation is being built. */
export interface Roles {
  readonly performance: RoleRecord;
  readonly dr: RoleRecord;
  readonly building: ReplicationMode | undefined;
}

export type RoleCommand =
  | "enable-primary"
  | "demote"
  | "disable-primary"
  | "secondary-token"
  | "revoke-secondary"
  | "filter"
  | "override-fence"
  | "enable-secondary"
  | "promote"
  | "disable-secondary"
  | "update-primary";

const NEEDS: Readonly<Record<RoleCommand, ReplicationRole>> = {
  "enable-primary": "disabled",
  demote: "primary",
  "disable-primary": "primary",
  "secondary-token": "primary",
  "revoke-secondary": "primary",
  filter: "primary",
  "override-fence": "primary",
  "enable-secondary": "disabled",
  promote: "secondary",
  "disable-secondary": "secondary",
  "update-primary": "secondary",
};

/** What counts for clients: a DR secondary's performance role sleeps until it is promoted. */
export function effectiveRole(roles: Roles, mode: ReplicationMode): ReplicationRole {
  if (roles.building === mode) return "bootstrapping";
  if (mode === "performance" && roles.dr.role === "secondary") return "disabled";
  return roles[mode].role;
}

/** Why a command is refused, or undefined. The table of allowed role pairs: only secondary + secondary is impossible. */
export function refusal(roles: Roles, mode: ReplicationMode, command: RoleCommand): string | undefined {
  if (roles.building !== undefined) return refusalWhileBuilding(roles.building, mode, command);
  const other = mode === "dr" ? "performance" : "dr";
  const role = effectiveRole(roles, mode);
  if (mode === "performance" && roles.dr.role === "secondary") {
    return "this cluster is a DR secondary; promote it or disable DR replication first";
  }
  if (command === "enable-secondary" && role === "disabled" && roles[other].role !== "disabled") {
    return `${other} replication is enabled on this cluster; a cluster that becomes a secondary gives up everything it holds, so disable ${other} replication first`;
  }
  return role === NEEDS[command] ? undefined : wrongRole(mode, role, NEEDS[command]);
}

/** Whoever waits for a primary that will never answer again has one way out: the old data is all there still. */
function refusalWhileBuilding(building: ReplicationMode, mode: ReplicationMode, command: RoleCommand) {
  if (command === "disable-secondary" && mode === building) return undefined;
  return `this cluster is being made a ${building} secondary; wait until that is done, or give it up by sys/replication/${building}/secondary/disable`;
}

function wrongRole(mode: ReplicationMode, role: ReplicationRole, needed: ReplicationRole): string {
  const name = mode === "dr" ? "DR" : "performance";
  if (needed === "disabled" && role === "secondary") {
    return `this cluster is a ${name} secondary: promote it to make it the primary`;
  }
  if (needed === "disabled") return `${name} replication is enabled on this cluster already (as ${role})`;
  return `this cluster is not a ${name} ${needed} (${name} replication: ${role})`;
}

/** @throws invalid_request */
export function requireAllowed(roles: Roles, mode: ReplicationMode, command: RoleCommand): void {
  const reason = refusal(roles, mode, command);
  if (reason !== undefined) throw new ServerError("invalid_request", reason);
}

/** Reasons, apart from its roles, for which a cluster acknowledges no writes. */
export interface Holds {
  /** Modes in which another cluster of the set was promoted after this one. */
  readonly fenced: ReadonlySet<ReplicationMode>;
  /** Handing over in this mode. */
  readonly draining: ReplicationMode | undefined;
  /** A role change failed so that it is not known yet whether it happened. */
  readonly undecided: boolean;
}

/** Who was replaced in DR mode was replaced altogether: the promoted DR cluster takes the performance role with it. */
export function isFenced(holds: Holds, mode: ReplicationMode): boolean {
  return holds.fenced.has("dr") || holds.fenced.has(mode);
}

/** Which error a write of these classes gets; undefined lets it pass. */
export function writeRefusal(roles: Roles, holds: Holds, classes: ReadonlySet<KeyClass>) {
  const shared = classes.has("replicated");
  const logged = shared || classes.has("local");
  if (!logged) return undefined;
  if (roles.building !== undefined || holds.undecided) return "draining" as const;
  if (roles.dr.role === "secondary") return "read_only" as const;
  if (shared && roles.performance.role === "secondary") return "read_only" as const;
  if (isFenced(holds, "dr")) return "fenced" as const;
  // A promoted DR cluster takes the performance role with it: from here the two promotions look alike.
  if (isFenced(holds, "performance") && (shared || roles.dr.role === "primary")) return "fenced" as const;
  if (holds.draining === "dr" || (shared && holds.draining === "performance")) return "draining" as const;
  return undefined;
}
