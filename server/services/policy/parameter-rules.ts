import { asciiLowerCase } from "../../sdk/ascii";
import type { HclValue } from "../../sdk/hcl";
import { ExactNumber } from "../../sdk/json";
import type { ParameterValues } from "./path-rule";

/** The rules about request parameters that hold for one pattern, merged over policies. */
export interface ParameterRules {
  readonly allowed: ParameterValues | undefined;
  readonly denied: ParameterValues | undefined;
  readonly required: readonly string[];
}

/**
 * Whether the body's fields fit: all required ones are there, none (or none with a denied value) is denied, and where some are
 * allowed, every field is.
 */
export function parametersFit(rules: ParameterRules, parameters: ReadonlyMap<string, unknown>): boolean {
  if (rules.allowed === undefined && rules.denied === undefined && rules.required.length === 0) return true;
  const given = [...parameters].map(([name, value]) => ({ name: asciiLowerCase(name), value }));
  const names = new Set(given.map((one) => one.name));
  if (!rules.required.every((name) => names.has(name))) return false;
  const { allowed, denied } = rules;
  if (denied !== undefined && given.length > 0) {
    if (denied.has("*") || given.some(({ name, value }) => isDenied(denied.get(name), value))) return false;
  }
  if (allowed === undefined || allowed.size === 0) return true;
  return given.every(({ name, value }) => {
    const values = allowed.get(name);
    if (values === undefined) return allowed.has("*");
    return values.length === 0 || values.some((one) => sameValue(one, value));
  });
}

/** A list is denied when any of its items is: `["a", "root"]` does not hide the denied `root`. */
function isDenied(values: readonly HclValue[] | undefined, value: unknown): boolean {
  if (values === undefined) return false;
  if (values.length === 0) return true;
  const candidates = Array.isArray(value) ? [value, ...value] : [value];
  return values.some((one) => candidates.some((candidate) => sameValue(one, candidate)));
}

/** Scalars are compared as text, since fields take `60` and `"60"` alike; a string of the rule may be a glob. */
function sameValue(rule: HclValue, value: unknown): boolean {
  if (Array.isArray(rule)) {
    return (
      Array.isArray(value) && value.length === rule.length && rule.every((one, index) => sameValue(one, value[index]))
    );
  }
  if (typeof rule === "object") return false;
  const text = scalarText(value);
  return text !== undefined && (typeof rule === "string" ? globFits(rule, text) : String(rule) === text);
}

function scalarText(value: unknown): string | undefined {
  if (value instanceof ExactNumber) return value.text;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

/** `*` at the start, the end, or both; anywhere else it is a star. */
function globFits(glob: string, text: string): boolean {
  const open = glob.startsWith("*");
  const rest = open ? glob.slice(1) : glob;
  if (!rest.endsWith("*")) return open ? text.endsWith(rest) : text === rest;
  const core = rest.slice(0, -1);
  return open ? text.includes(core) : text.startsWith(core);
}

/** Union; a name without values (any value) in one of them has none in the union. */
export function mergeParameterRules(left: ParameterRules, right: ParameterRules): ParameterRules {
  return {
    allowed: mergeValues(left.allowed, right.allowed),
    denied: mergeValues(left.denied, right.denied),
    required: [...new Set([...left.required, ...right.required])],
  };
}

function mergeValues(
  left: ParameterValues | undefined,
  right: ParameterValues | undefined,
): ParameterValues | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  const merged = new Map(left);
  for (const [name, values] of right) {
    const before = merged.get(name);
    const anyValue = before !== undefined && (before.length === 0 || values.length === 0);
    merged.set(name, anyValue ? [] : [...(before ?? []), ...values]);
  }
  return merged;
}
