import { asciiLowerCase } from "./ascii";
import { compareBytes } from "./byte-order";
import { ServerError } from "./errors";

/** The one form of a list of policy names: trimmed, ASCII lower case, each once, sorted. */
export function policyNames(names: readonly string[]): readonly string[] {
  const set = new Set(names.map((name) => asciiLowerCase(name.trim())));
  set.delete("");
  return Object.freeze([...set].sort(compareBytes));
}

/** The one form, for what logins get. @throws invalid_request for `root`: no login gives it */
export function loginPolicyNames(names: readonly string[]): readonly string[] {
  const canonical = policyNames(names);
  if (canonical.includes("root")) throw new ServerError("invalid_request", "auth methods cannot create root tokens");
  return canonical;
}
