import type { ObjectValue, Value } from "../../protocol/value";
import { valuesEqual } from "../../protocol/value-equality";
import { type AttributePath, attributePath, formatPath } from "../attribute-path";
import { type Aligned, attributeOf } from "../nested-objects";
import type { Attributes } from "../schema";
import { applyDefaults } from "./defaults";
import { markUnknown } from "./mark-unknown";
import { runModifiers } from "./run-modifiers";
import { withoutWriteOnly } from "./write-only";

export interface AttributePlan {
  readonly planned: ObjectValue;
  readonly requiresReplace: readonly AttributePath[];
}

/**
 * The plan for a creation (`prior` null) or an update, before the resource's own modifyPlan: defaults, write-only values
 * taken out, computed values marked unknown if anything changes, plan modifiers.
 *
 * @param aligned `planned` is Terraform's proposal: the configuration, with prior values where it is null and computed
 */
export function planAttributes(attributes: Attributes, aligned: Aligned): AttributePlan {
  const defaulted = withoutWriteOnly(attributes, applyDefaults(attributes, aligned));
  const creating = aligned.prior === null;
  const changes = creating || !valuesEqual(defaulted, aligned.prior);
  const marked = changes ? markUnknown(attributes, { ...aligned, planned: defaulted }) : defaulted;
  const replace: AttributePath[] = [];
  const planned = runModifiers(attributes, { ...aligned, planned: marked }, [], { creating, replace });
  return { planned, requiresReplace: replace };
}

/** For a resource that cannot update: each changed attribute that a configuration can give. */
export function replaceOnAnyChange(attributes: Attributes, prior: Value, planned: Value): readonly AttributePath[] {
  return Object.entries(attributes)
    .filter(([name, attribute]) => {
      const configurable = attribute.required === true || attribute.optional === true;
      const changed = !valuesEqual(attributeOf(prior, name), attributeOf(planned, name));
      return configurable && changed && name !== "timeouts";
    })
    .map(([name]) => attributePath(name));
}

/** Sorted and without repetitions, so that equal plans are equal messages. */
export function distinctPaths(paths: readonly AttributePath[]): readonly AttributePath[] {
  const byText = new Map(paths.map((path) => [formatPath(path), path]));
  return [...byText].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, path]) => path);
}
