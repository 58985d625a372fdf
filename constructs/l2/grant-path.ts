import { RuleError } from "./rule-error";

/**
 * Policy paths, below `base`, for what a grant names: nothing means all of it, `team/` what is below, `team` that secret
 * and what is below it. Never a bare prefix, which would open `team-of-others` too.
 */
export function grantPaths(base: string, name: string): string[] {
  if (/[*+]/.test(name)) {
    throw new RuleError(
      "grant/wildcard",
      `"${name}" has a character that a policy reads as a wildcard and would grant more than it says: use a name without * and +`,
    );
  }
  if (name === "" || name.endsWith("/")) return [`${base}/${name}*`];
  return [`${base}/${name}`, `${base}/${name}/*`];
}
