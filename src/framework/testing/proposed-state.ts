import { isObjectValue } from "../../protocol/msgpack-codec";
import { isUnknown } from "../../protocol/unknown";
import { type ObjectValue, objectValue, type Value } from "../../protocol/value";
import { valuesEqual } from "../../protocol/value-equality";
import { attributeOf } from "../nested-objects";
import type { Attribute, Attributes, NestedAttribute } from "../schema";

/**
 * Terraform's own merge before it asks for a plan: the configuration, and where that is null and the attribute is
 * computed, the prior value. Write-only values are still in it.
 */
export function proposedState(attributes: Attributes, prior: Value, config: Value): ObjectValue {
  const entries = Object.entries(attributes).map(
    ([name, attribute]) => [name, proposed(attribute, attributeOf(prior, name), attributeOf(config, name))] as const,
  );
  return objectValue(entries);
}

function proposed(attribute: Attribute, prior: Value, config: Value): Value {
  const computed = attribute.computed === true || attribute.default !== undefined;
  if (config === null) return computed ? prior : null;
  if (attribute.nested === undefined || isUnknown(config)) return config;
  return proposedNested(attribute, prior, config);
}

function proposedNested({ nested, attributes }: NestedAttribute, prior: Value, config: Value): Value {
  const one = (before: Value, now: Value) => (isObjectValue(now) ? proposedState(attributes, before, now) : now);
  if (nested === "single") return one(prior, config);
  if (config instanceof Map) {
    const before = prior instanceof Map ? prior : new Map<string, Value>();
    return new Map([...config].map(([key, now]: [string, Value]) => [key, one(before.get(key) ?? null, now)]));
  }
  if (!Array.isArray(config)) return config;
  const left: Value[] = Array.isArray(prior) ? [...prior] : [];
  return config.map((now, index) => one(nested === "list" ? (left[index] ?? null) : takeMatching(left, now), now));
}

/** The prior element of a set that has all values which the configuration gives. */
function takeMatching(left: Value[], config: Value): Value {
  const index = left.findIndex((candidate) => {
    if (!isObjectValue(config)) return valuesEqual(config, candidate);
    return Object.entries(config).every(
      ([name, value]) => value === null || valuesEqual(value, attributeOf(candidate, name)),
    );
  });
  return index < 0 ? null : (left.splice(index, 1)[0] ?? null);
}
