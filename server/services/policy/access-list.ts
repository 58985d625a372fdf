import type { OperationName } from "../../sdk/path";
import type { AccessQuestion, Capability } from "../../sdk/policy";
import { type CapabilityBits, capabilityBit, DENY, mergeBits, OPERATION_BITS, SUDO } from "./capability-bits";
import { mergeParameterRules, type ParameterRules, parametersFit } from "./parameter-rules";
import type { PathRule } from "./path-rule";
import { comparePriority, matchesPattern } from "./pattern-priority";

/** What all policies of a set together say about one pattern. */
interface Permission {
  readonly pattern: string;
  readonly isPrefix: boolean;
  readonly capabilities: CapabilityBits;
  readonly parameters: ParameterRules;
  /** Seconds; 0: no bound. */
  readonly minWrappingTtlSeconds: number;
  readonly maxWrappingTtlSeconds: number;
}

const WITH_PARAMETERS: ReadonlySet<OperationName> = new Set(["create", "update", "patch", "read"]);

/** The rules of a set of policies, merged and ready to decide. Immutable. */
export class AccessList {
  private readonly exact = new Map<string, Permission>();
  /** Patterns that end in `*` and have no `+`, by their text. */
  private readonly prefixes = new Map<string, Permission>();
  /** Lengths of those texts, longest first: each is one look-up. */
  private readonly prefixLengths: readonly number[];
  /** Patterns with `+`, the one that decides first in front. */
  private readonly wildcards: readonly Permission[];

  constructor(rules: readonly PathRule[]) {
    const wildcards = new Map<string, Permission>();
    for (const rule of rules) {
      if (rule.hasSegmentWildcard) mergeInto(wildcards, rule.isPrefix ? `${rule.pattern}*` : rule.pattern, rule);
      else mergeInto(rule.isPrefix ? this.prefixes : this.exact, rule.pattern, rule);
    }
    const lengths = new Set([...this.prefixes.keys()].map((prefix) => prefix.length));
    this.prefixLengths = [...lengths].sort((left, right) => right - left);
    this.wildcards = [...wildcards.values()].sort(comparePriority);
  }

  allows(question: AccessQuestion): boolean {
    const permission = this.deciding(question.operation, question.path);
    if (permission === undefined || (permission.capabilities & DENY) !== 0) return false;
    if ((permission.capabilities & OPERATION_BITS[question.operation]) === 0) return false;
    if (question.needsSudo && (permission.capabilities & SUDO) === 0) return false;
    if (!wrappingFits(permission, question.wrapTtlSeconds)) return false;
    if (!WITH_PARAMETERS.has(question.operation)) return true;
    return parametersFit(permission.parameters, question.parameters ?? NO_PARAMETERS);
  }

  /** Exactly the operations that `allows` lets through where no parameter or wrapping rule forbids them, sorted. */
  capabilities(path: string): readonly Capability[] {
    const names = new Set<Capability>();
    for (const operation of OPERATIONS) {
      const bits = this.deciding(operation, path)?.capabilities ?? 0;
      if ((bits & OPERATION_BITS[operation]) !== 0) names.add(operation);
    }
    if (((this.deciding("read", path)?.capabilities ?? 0) & SUDO) !== 0) names.add("sudo");
    return names.size === 0 ? ["deny"] : [...names].sort();
  }

  /** A list means the same with and without its trailing slash: the best rule for either spelling decides. */
  private deciding(operation: OperationName, path: string): Permission | undefined {
    if (operation !== "list") return this.best(path);
    const bare = path.endsWith("/") ? path.slice(0, -1) : path;
    const exact = [this.exact.get(`${bare}/`), this.exact.get(bare)].filter((one) => one !== undefined);
    const denied = exact.find((one) => (one.capabilities & DENY) !== 0);
    return denied ?? better(this.best(`${bare}/`), this.best(bare));
  }

  private best(path: string): Permission | undefined {
    const exact = this.exact.get(path);
    if (exact !== undefined) return exact;
    const wildcard = this.wildcards.find((one) => matchesPattern(one, path));
    return better(this.longestPrefix(path), wildcard);
  }

  private longestPrefix(path: string): Permission | undefined {
    for (const length of this.prefixLengths) {
      const found = length <= path.length ? this.prefixes.get(path.slice(0, length)) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

const OPERATIONS = ["create", "read", "update", "patch", "delete", "list"] as const satisfies readonly OperationName[];
const NO_PARAMETERS: ReadonlyMap<string, unknown> = new Map();

if (OPERATIONS.some((name) => capabilityBit(name) === 0)) throw new Error("an operation has no capability");

function better(left: Permission | undefined, right: Permission | undefined): Permission | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return comparePriority(left, right) <= 0 ? left : right;
}

function wrappingFits(permission: Permission, wrapTtlSeconds: number | undefined): boolean {
  const { minWrappingTtlSeconds: min, maxWrappingTtlSeconds: max } = permission;
  if (min === 0 && max === 0) return true;
  return (
    wrapTtlSeconds !== undefined && wrapTtlSeconds > 0 && wrapTtlSeconds >= min && (max === 0 || wrapTtlSeconds <= max)
  );
}

function mergeInto(table: Map<string, Permission>, key: string, rule: PathRule): void {
  const added = permissionOf(rule);
  const before = table.get(key);
  table.set(key, before === undefined ? added : merge(before, added));
}

function permissionOf(rule: PathRule): Permission {
  return {
    pattern: rule.pattern,
    isPrefix: rule.isPrefix,
    capabilities: rule.capabilities,
    parameters: { allowed: rule.allowedParameters, denied: rule.deniedParameters, required: rule.requiredParameters },
    minWrappingTtlSeconds: rule.minWrappingTtlSeconds,
    maxWrappingTtlSeconds: rule.maxWrappingTtlSeconds,
  };
}

/** Capabilities add up, deny wins; of two lower bounds and of two upper bounds the smaller one holds. */
function merge(left: Permission, right: Permission): Permission {
  return {
    pattern: left.pattern,
    isPrefix: left.isPrefix,
    capabilities: mergeBits(left.capabilities, right.capabilities),
    parameters: mergeParameterRules(left.parameters, right.parameters),
    minWrappingTtlSeconds: smallerBound(left.minWrappingTtlSeconds, right.minWrappingTtlSeconds),
    maxWrappingTtlSeconds: smallerBound(left.maxWrappingTtlSeconds, right.maxWrappingTtlSeconds),
  };
}

function smallerBound(left: number, right: number): number {
  if (left === 0 || right === 0) return left === 0 ? right : left;
  return Math.min(left, right);
}
