import { asciiLowerCase } from "../../sdk/ascii";
import { compareBytes } from "../../sdk/byte-order";
import { ServerError } from "../../sdk/errors";
import type { TokenRole } from "../../sdk/token";

const ROOT = "root";
const DEFAULT = "default";
/** Held by wrapping tokens only. */
const NOT_ASSIGNABLE: ReadonlySet<string> = new Set(["response-wrapping"]);
const POLICIES_MAX = 256;
const NAME_LENGTH_MAX = 256;

/**
 * The one form of a set of policy names: trimmed, ASCII lower case, sorted, each once, with `default` unless it is not wanted.
 * Every check, `root` above all, is made on this form only. `root` makes the others meaningless.
 * @throws invalid_request for names that no policy can have
 */
export function canonicalPolicies(names: readonly string[], withDefault: boolean): readonly string[] {
  const set = new Set(names.map((name) => asciiLowerCase(name.trim())).filter((name) => name !== ""));
  for (const name of set) {
    if (NOT_ASSIGNABLE.has(name)) throw new ServerError("invalid_request", `cannot assign policy "${name}"`);
    if (name.length > NAME_LENGTH_MAX || !/^[ -~]+$/.test(name)) {
      throw new ServerError("invalid_request", "policy names are printable ASCII of at most 256 characters");
    }
  }
  if (set.size > POLICIES_MAX) throw new ServerError("invalid_request", `a token has at most ${POLICIES_MAX} policies`);
  if (set.has(ROOT)) return Object.freeze([ROOT]);
  if (withDefault) set.add(DEFAULT);
  return Object.freeze([...set].sort(compareBytes));
}

export function isRoot(policies: readonly string[]): boolean {
  return policies.includes(ROOT);
}

/** `default` may always be had: it is what everybody has. */
export function isSubset(policies: readonly string[], of: readonly string[]): boolean {
  return policies.every((name) => name === DEFAULT || of.includes(name));
}

/**
 * What a token made through a role may have.
 * @returns the policies, canonical @throws invalid_request naming the policy that the role forbids
 */
export function rolePolicies(
  role: TokenRole,
  asked: readonly string[] | undefined,
  callerPolicies: readonly string[],
): readonly string[] {
  const restricted = role.allowedPolicies.length > 0 || role.allowedPoliciesGlob.length > 0;
  const wanted = asked !== undefined && asked.length > 0 ? asked : restricted ? role.allowedPolicies : callerPolicies;
  const withDefault = !role.noDefaultPolicy && !forbids(role, DEFAULT);
  const policies = canonicalPolicies(wanted, withDefault);
  for (const name of policies) {
    if (forbids(role, name)) throw refused(name, "is disallowed by this role");
    if (name === DEFAULT && withDefault) continue;
    const allowed =
      role.allowedPolicies.includes(name) || role.allowedPoliciesGlob.some((glob) => globFits(glob, name));
    if (restricted && !allowed) throw refused(name, "is not allowed by this role");
    if (
      !restricted &&
      !hasDisallowed(role) &&
      name !== ROOT &&
      !isSubset([name], callerPolicies) &&
      !isRoot(callerPolicies)
    ) {
      throw refused(name, "is not one of the caller's");
    }
  }
  return policies;
}

function hasDisallowed(role: TokenRole): boolean {
  return role.disallowedPolicies.length > 0 || role.disallowedPoliciesGlob.length > 0;
}

function forbids(role: TokenRole, name: string): boolean {
  return role.disallowedPolicies.includes(name) || role.disallowedPoliciesGlob.some((glob) => globFits(glob, name));
}

function refused(name: string, reason: string): ServerError {
  return new ServerError("invalid_request", `token policy "${name}" ${reason}`);
}

/** `*` stands for any text. Linear: each piece is sought once, from left to right. */
export function globFits(glob: string, text: string): boolean {
  const pieces = glob.split("*");
  const [first = "", ...rest] = pieces;
  if (rest.length === 0) return glob === text;
  const last = rest.pop() ?? "";
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let position = first.length;
  const end = text.length - last.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, position);
    if (found === -1 || found + piece.length > end) return false;
    position = found + piece.length;
  }
  return true;
}
