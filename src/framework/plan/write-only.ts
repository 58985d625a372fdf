import { isObjectValue } from "../../protocol/msgpack-codec";
import { isUnknown } from "../../protocol/unknown";
import { objectValue, type Value } from "../../protocol/value";
import { valuesEqual } from "../../protocol/value-equality";
import { attributeOf } from "../nested-objects";
import type { Attribute, Attributes, NestedAttribute } from "../schema";

/** Null for every write-only attribute, at any depth: such values are in configurations only. */
export function withoutWriteOnly(attributes: Attributes, object: Value): Value {
  if (!isObjectValue(object)) return object;
  const entries = Object.entries(attributes).map(
    ([name, attribute]) => [name, cleaned(attribute, attributeOf(object, name))] as const,
  );
  return objectValue(entries);
}

function cleaned(attribute: Attribute, value: Value): Value {
  if (attribute.writeOnly === true) return null;
  return attribute.nested === undefined ? value : cleanedNested(attribute, value);
}

function cleanedNested(attribute: NestedAttribute, value: Value): Value {
  if (value === null || isUnknown(value)) return value;
  const clean = (element: Value) => withoutWriteOnly(attribute.attributes, element);
  if (Array.isArray(value)) return value.map(clean);
  if (value instanceof Map) return new Map([...value].map(([key, element]) => [key, clean(element)]));
  return clean(value);
}

/** True when a configuration gives a write-only value, at any depth. */
export function hasWriteOnly(attributes: Attributes, config: Value): boolean {
  return !valuesEqual(withoutWriteOnly(attributes, config), config);
}
