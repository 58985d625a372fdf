import { isObjectValue } from "../protocol/msgpack-codec";
import { isUnknown } from "../protocol/unknown";
import { objectValue, type Value } from "../protocol/value";
import type { Attribute, Attributes, NestedAttribute } from "./schema";

/**
 * Fills an object that was not made by a plan (imported, upgraded or moved): what is absent or null becomes its default,
 * else null, so that the state keeps what the models promise. Attributes that are not in the schema stay, to be refused.
 */
export function fillAbsent(attributes: Attributes, object: Value): Value {
  if (!isObjectValue(object)) return object;
  const filled = Object.entries(attributes).map(
    ([name, attribute]) => [name, fill(attribute, object[name] ?? null)] as const,
  );
  return objectValue([...Object.entries(object), ...filled]);
}

function fill(attribute: Attribute, value: Value): Value {
  if (value === null) return attribute.default ?? null;
  return attribute.nested === undefined ? value : fillNested(attribute, value);
}

function fillNested(attribute: NestedAttribute, value: Value): Value {
  if (isUnknown(value)) return value;
  const one = (element: Value) => fillAbsent(attribute.attributes, element);
  if (Array.isArray(value)) return value.map(one);
  if (value instanceof Map) return new Map([...value].map(([key, element]) => [key, one(element)]));
  return one(value);
}
