import { type ObjectValue, objectValue, type Value } from "../../protocol/value";
import type { AttributePath } from "../attribute-path";
import { type Aligned, alignedAttribute, mapNested } from "../nested-objects";
import type { Attribute, Attributes } from "../schema";

export interface ModifierRun {
  readonly creating: boolean;
  /** Collects the paths whose change replaces the resource. */
  readonly replace: AttributePath[];
}

/** Runs the plan modifiers of every attribute, outer ones first. */
export function runModifiers(
  attributes: Attributes,
  aligned: Aligned,
  path: AttributePath,
  run: ModifierRun,
): ObjectValue {
  const entries = Object.entries(attributes).map(([name, attribute]) => {
    const at = [...path, { attribute: name }];
    return [name, modified(attribute, alignedAttribute(aligned, name), at, run)] as const;
  });
  return objectValue(entries);
}

function modified(attribute: Attribute, aligned: Aligned, path: AttributePath, run: ModifierRun): Value {
  let planned = aligned.planned;
  for (const modifier of attribute.planModifiers ?? []) {
    const result = modifier.modify({ path, creating: run.creating, ...aligned, planned });
    if (result.planned !== undefined) planned = result.planned;
    if (result.requiresReplace === true) run.replace.push(path);
  }
  if (attribute.nested === undefined) return planned;
  return mapNested(attribute, { ...aligned, planned }, path, (objects, at) =>
    runModifiers(attribute.attributes, objects, at, run),
  );
}
