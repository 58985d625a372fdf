import { isObjectValue } from "../../protocol/msgpack-codec";
import { isUnknown } from "../../protocol/unknown";
import type { Value } from "../../protocol/value";
import { valuesEqual } from "../../protocol/value-equality";
import { type AttributePath, formatPath } from "../attribute-path";
import { attributeOf } from "../nested-objects";
import type { Attribute, Attributes } from "../schema";

/** What is wrong, each with the path of the attribute. Values are not in the texts: they may be sensitive. */
export type Violations = readonly string[];

interface Places {
  readonly config: Value;
  readonly prior: Value;
  readonly planned: Value;
}

/** The rules by which Terraform refuses a plan ("Provider produced invalid plan"). */
export function planViolations(attributes: Attributes, places: Places, path: AttributePath = []): Violations {
  return Object.entries(attributes).flatMap(([name, attribute]) =>
    planned(
      attribute,
      {
        config: attributeOf(places.config, name),
        prior: attributeOf(places.prior, name),
        planned: attributeOf(places.planned, name),
      },
      [...path, { attribute: name }],
    ),
  );
}

function planned(attribute: Attribute, places: Places, path: AttributePath): Violations {
  const { config, prior, planned: value } = places;
  const say = (problem: string) => [`${formatPath(path)}: ${problem}`];
  const computed = attribute.computed === true || attribute.default !== undefined;
  if (attribute.writeOnly === true) return value === null ? [] : say("a write-only value is in the plan");
  if (config === null) return computed || value === null ? [] : say("is planned, but neither configured nor computed");
  if (valuesEqual(value, config)) return [];
  if (attribute.nested === undefined || isUnknown(config)) {
    const keepsPrior = prior !== null && valuesEqual(value, prior);
    return keepsPrior ? [] : say("the planned value is not the configured one");
  }
  const elements = pair(config, value, path);
  if (elements === undefined) return say("the planned elements are not the configured ones");
  if (attribute.nested === "set") {
    return setMatches(attribute.attributes, config, value)
      ? []
      : say("the planned elements are not the configured ones");
  }
  return elements.flatMap(({ left, right, at }) =>
    isObjectValue(left)
      ? planViolations(attribute.attributes, { config: left, prior: counterpart(prior, at), planned: right }, at)
      : [],
  );
}

/** Sets have no order: each configured element needs a planned one that obeys it. */
function setMatches(attributes: Attributes, config: Value, planned: Value): boolean {
  if (!Array.isArray(config) || !Array.isArray(planned)) return false;
  const left: Value[] = [...planned];
  return config.every((element) => {
    const index = left.findIndex(
      (candidate) => planViolations(attributes, { config: element, prior: null, planned: candidate }).length === 0,
    );
    if (index >= 0) left.splice(index, 1);
    return index >= 0;
  });
}

interface Pair {
  readonly left: Value;
  readonly right: Value;
  readonly at: AttributePath;
}

/** Elements that belong together; undefined when the two do not have the same number of elements or the same keys. */
function pair(left: Value, right: Value, path: AttributePath): readonly Pair[] | undefined {
  if (left instanceof Map && right instanceof Map) {
    if (left.size !== right.size || ![...left.keys()].every((key) => right.has(key))) return undefined;
    return [...left].map(([key, value]) => ({ left: value, right: right.get(key) ?? null, at: [...path, { key }] }));
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    if (left.length !== right.length) return undefined;
    return left.map((value, index) => ({ left: value, right: right[index] ?? null, at: [...path, { index }] }));
  }
  return isObjectValue(left) && isObjectValue(right) ? [{ left, right, at: path }] : undefined;
}

function counterpart(prior: Value, path: AttributePath): Value {
  const step = path.at(-1);
  if (step === undefined || "attribute" in step) return prior;
  if ("key" in step) return prior instanceof Map ? (prior.get(step.key) ?? null) : null;
  return Array.isArray(prior) ? (prior[step.index] ?? null) : null;
}

/**
 * The rules between two looks at the same object: what the first one knew, the second one must repeat. Between plan and
 * plan ("inconsistent final plan"), and between plan and new state ("inconsistent result after apply").
 */
export function consistencyViolations(before: Value, after: Value, path: AttributePath = []): Violations {
  const say = (problem: string) => [`${formatPath(path)}: ${problem}`];
  if (isUnknown(before)) {
    return before.refinements.notNull === true && after === null ? say("was promised not to be null, but is") : [];
  }
  if (before === null || after === null || isUnknown(after))
    return valuesEqual(before, after) ? [] : say("has changed");
  if (isObjectValue(before) && isObjectValue(after)) {
    return Object.keys(before).flatMap((name) =>
      consistencyViolations(attributeOf(before, name), attributeOf(after, name), [...path, { attribute: name }]),
    );
  }
  if (typeof before !== "object") return valuesEqual(before, after) ? [] : say("has changed");
  const elements = pair(before, after, path);
  if (elements === undefined) return valuesEqual(before, after) ? [] : say("has other elements");
  return elements.flatMap(({ left, right, at }) => consistencyViolations(left, right, at));
}

/** A state that may be stored: nothing unknown, no write-only value. */
export function stateViolations(attributes: Attributes, state: Value, path: AttributePath = []): Violations {
  if (state === null) return [];
  return Object.entries(attributes).flatMap(([name, attribute]) => {
    const at = [...path, { attribute: name }];
    const value = attributeOf(state, name);
    if (attribute.writeOnly === true && value !== null)
      return [`${formatPath(at)}: a write-only value is in the state`];
    if (attribute.nonNull === true && value === null) return [`${formatPath(at)}: is null, but declared nonNull`];
    if (isUnknown(value)) return [`${formatPath(at)}: is still unknown`];
    if (attribute.nested === undefined || value === null) return [];
    const objects = value instanceof Map ? [...value.values()] : Array.isArray(value) ? value : [value];
    return objects.flatMap((object) => stateViolations(attribute.attributes, object, at));
  });
}
