import { isObjectValue } from "../protocol/msgpack-codec";
import { Dynamic, type Value } from "../protocol/value";
import { attributeOf } from "./nested-objects";
import type { Attributes } from "./schema";

function texts(value: Value): readonly string[] {
  if (typeof value === "string") return [value];
  if (value instanceof Dynamic) return texts(value.value);
  if (Array.isArray(value)) return value.flatMap(texts);
  if (value instanceof Map) return [...value.values()].flatMap(texts);
  return isObjectValue(value) ? Object.values(value).flatMap(texts) : [];
}

function objects(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  return value instanceof Map ? [...value.values()] : [value];
}

/** Every text in a sensitive or write-only attribute: none of them may appear in a log or a message. */
export function sensitiveTexts(attributes: Attributes, object: Value): readonly string[] {
  return Object.entries(attributes).flatMap(([name, attribute]) => {
    const value = attributeOf(object, name);
    if (attribute.sensitive === true || attribute.writeOnly === true) return texts(value);
    if (attribute.nested === undefined) return [];
    return objects(value).flatMap((nested) => sensitiveTexts(attribute.attributes, nested));
  });
}
