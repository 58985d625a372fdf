import { asciiLowerCase } from "../../sdk/ascii";
import { parseDurationSeconds } from "../../sdk/duration";
import { HclBody, HclError, type HclPlace, type HclValue, parseHclOrJson } from "../../sdk/hcl";
import { CAPABILITY_NAMES, type CapabilityBits, capabilityBit, mergeBits, OLD_POLICY_BITS } from "./capability-bits";
import type { ParameterValues, PathRule } from "./path-rule";

export const POLICY_LIMITS = { bytesMax: 512 * 1024, rulesMax: 5_000, patternLengthMax: 1_024 } as const;

/**
 * Reads a policy, HCL or JSON. The same path may stand in several blocks; they are merged when policies are compiled.
 * @throws HclError naming line and column
 */
export function parsePolicy(text: string): readonly PathRule[] {
  const rules: PathRule[] = [];
  for (const item of parseHclOrJson(text, { bytesMax: POLICY_LIMITS.bytesMax, depthMax: 16 }).items) {
    if (item.kind === "attribute" && item.name === "name" && typeof item.value === "string") continue;
    if (item.name !== "path") throw new HclError(item.place, 'only "path" blocks and "name" may stand here');
    if (item.kind === "block" && item.labels.length === 1) {
      rules.push(ruleOf(item.labels[0] ?? "", item.body, item.place));
    } else if (item.kind === "block" && item.labels.length === 0) {
      rules.push(...rulesByPath(item.body, item.place));
    } else if (item.kind === "attribute") {
      rules.push(...rulesByPath(item.value, item.place));
    } else {
      throw new HclError(item.place, 'a "path" block has one label');
    }
    if (rules.length > POLICY_LIMITS.rulesMax) throw new HclError(item.place, "the policy has too many paths");
  }
  return rules;
}

/** `path = { "a/*" = {...} }`, as JSON policies have it; also a list of such objects. */
function rulesByPath(value: HclValue, place: HclPlace): readonly PathRule[] {
  if (Array.isArray(value)) return value.flatMap((one) => rulesByPath(one, place));
  if (!(value instanceof HclBody)) throw new HclError(place, '"path" holds an object');
  return value.items.flatMap((item) => {
    const bodies = item.kind === "block" ? [item.body] : Array.isArray(item.value) ? item.value : [item.value];
    return bodies.map((body) => {
      if (!(body instanceof HclBody)) throw new HclError(item.place, "a path holds an object");
      return ruleOf(item.name, body, item.place);
    });
  });
}

interface RuleDraft {
  capabilities: CapabilityBits;
  allowedParameters: ParameterValues | undefined;
  deniedParameters: ParameterValues | undefined;
  requiredParameters: readonly string[];
  minWrappingTtlSeconds: number;
  maxWrappingTtlSeconds: number;
}

const KEYS: Readonly<Record<string, (draft: RuleDraft, value: HclValue, place: HclPlace) => void>> = {
  comment: () => undefined,
  policy: (draft, value, place) => {
    const bits = typeof value === "string" ? OLD_POLICY_BITS.get(value) : undefined;
    if (bits === undefined) throw new HclError(place, '"policy" is one of deny, read, write, sudo');
    draft.capabilities = mergeBits(draft.capabilities, bits);
  },
  capabilities: (draft, value, place) => {
    for (const name of stringList(value, "capabilities", place)) {
      const bit = capabilityBit(name);
      if (bit === 0) throw new HclError(place, `a capability is one of ${CAPABILITY_NAMES.join(", ")}`);
      draft.capabilities = mergeBits(draft.capabilities, bit);
    }
  },
  allowed_parameters: (draft, value, place) => {
    draft.allowedParameters = parameterValues(value, "allowed_parameters", place);
  },
  denied_parameters: (draft, value, place) => {
    draft.deniedParameters = parameterValues(value, "denied_parameters", place);
  },
  required_parameters: (draft, value, place) => {
    draft.requiredParameters = stringList(value, "required_parameters", place).map(asciiLowerCase);
  },
  min_wrapping_ttl: (draft, value, place) => {
    draft.minWrappingTtlSeconds = duration(value, "min_wrapping_ttl", place);
  },
  max_wrapping_ttl: (draft, value, place) => {
    draft.maxWrappingTtlSeconds = duration(value, "max_wrapping_ttl", place);
  },
};
const KEY_TABLE = new Map(Object.entries(KEYS));

function ruleOf(path: string, body: HclBody, place: HclPlace): PathRule {
  const draft: RuleDraft = {
    capabilities: 0,
    allowedParameters: undefined,
    deniedParameters: undefined,
    requiredParameters: [],
    minWrappingTtlSeconds: 0,
    maxWrappingTtlSeconds: 0,
  };
  for (const item of body.items) {
    const set = KEY_TABLE.get(item.name);
    if (set === undefined) throw new HclError(item.place, `a path may hold ${[...KEY_TABLE.keys()].join(", ")}`);
    if (item.kind === "block" && item.labels.length > 0) throw new HclError(item.place, "labels may not stand here");
    set(draft, item.kind === "block" ? item.body : item.value, item.place);
  }
  if (draft.maxWrappingTtlSeconds !== 0 && draft.minWrappingTtlSeconds > draft.maxWrappingTtlSeconds) {
    throw new HclError(place, "max_wrapping_ttl is smaller than min_wrapping_ttl");
  }
  return Object.freeze({ ...draft, ...patternOf(path, place) });
}

function patternOf(path: string, place: HclPlace): Pick<PathRule, "pattern" | "isPrefix" | "hasSegmentWildcard"> {
  if (path.includes("{{") || path.includes("}}")) {
    throw new HclError(place, "templates such as {{identity.entity.id}} are not supported in policy paths");
  }
  if (path.includes("+*")) throw new HclError(place, '"+*" is no wildcard: use "+/*" or "*"');
  if (path.length > POLICY_LIMITS.patternLengthMax) throw new HclError(place, "the path is too long");
  const relative = path.startsWith("/") ? path.slice(1) : path;
  const isPrefix = relative.endsWith("*");
  const pattern = isPrefix ? relative.slice(0, -1) : relative;
  return { pattern, isPrefix, hasSegmentWildcard: pattern.split("/").includes("+") };
}

function stringList(value: HclValue, name: string, place: HclPlace): readonly string[] {
  const values = Array.isArray(value) ? value : [];
  const strings = values.filter((one) => typeof one === "string");
  if (!Array.isArray(value) || strings.length !== values.length)
    throw new HclError(place, `"${name}" is a list of strings`);
  return strings;
}

function parameterValues(value: HclValue, name: string, place: HclPlace): ParameterValues {
  if (!(value instanceof HclBody)) throw new HclError(place, `"${name}" is an object of lists`);
  const parameters = new Map<string, readonly HclValue[]>();
  for (const item of value.items) {
    if (item.kind === "block" || !Array.isArray(item.value))
      throw new HclError(place, `"${name}" is an object of lists`);
    parameters.set(asciiLowerCase(item.name), item.value);
  }
  return parameters;
}

function duration(value: HclValue, name: string, place: HclPlace): number {
  const seconds = typeof value === "string" || typeof value === "number" ? parseDurationSeconds(value) : undefined;
  if (seconds === undefined) throw new HclError(place, `"${name}" is a duration such as 60, "60s" or "1h"`);
  return seconds;
}
