import { type ObjectValue, objectValue, type Value } from "../../protocol/value";
import { type Aligned, alignedAttribute, mapNested } from "../nested-objects";
import type { Attribute, Attributes } from "../schema";

/** Puts defaults where the configuration is null. A prior value of such an attribute gives way to the default. */
export function applyDefaults(attributes: Attributes, aligned: Aligned): ObjectValue {
  const entries = Object.entries(attributes).map(
    ([name, attribute]) => [name, withDefault(attribute, alignedAttribute(aligned, name))] as const,
  );
  return objectValue(entries);
}

function withDefault(attribute: Attribute, aligned: Aligned): Value {
  if (aligned.config === null && attribute.default !== undefined) return attribute.default;
  if (attribute.nested === undefined || aligned.config === null) return aligned.planned;
  return mapNested(attribute, aligned, [], (objects) => applyDefaults(attribute.attributes, objects));
}
