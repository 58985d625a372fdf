import { UNKNOWN, UNKNOWN_NOT_NULL } from "../../protocol/unknown";
import { type ObjectValue, objectValue, type Value } from "../../protocol/value";
import { type Aligned, alignedAttribute, mapNested } from "../nested-objects";
import type { Attribute, Attributes } from "../schema";

/**
 * In a plan that changes something, any value that the provider computes may change too: all of them become unknown,
 * unless the configuration or a default decides them. Plan modifiers then keep those that are known not to change.
 */
export function markUnknown(attributes: Attributes, aligned: Aligned): ObjectValue {
  const entries = Object.entries(attributes).map(
    ([name, attribute]) => [name, marked(attribute, alignedAttribute(aligned, name))] as const,
  );
  return objectValue(entries);
}

function marked(attribute: Attribute, aligned: Aligned): Value {
  if (aligned.config === null) {
    if (attribute.computed !== true || attribute.default !== undefined) return aligned.planned;
    return attribute.nonNull === true ? UNKNOWN_NOT_NULL : UNKNOWN;
  }
  if (attribute.nested === undefined) return aligned.planned;
  return mapNested(attribute, aligned, [], (objects) => markUnknown(attribute.attributes, objects));
}
