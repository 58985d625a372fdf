import { isUnknown } from "../protocol/unknown";
import type { Value } from "../protocol/value";
import { valuesEqual } from "../protocol/value-equality";
import type { AttributePath } from "./attribute-path";

/** One attribute of one resource while its plan is made. Never called for a destroy. */
export interface PlanModifierInput {
  readonly path: AttributePath;
  readonly config: Value;
  /** Value in the state; null when the resource (or the element that holds the attribute) is new. */
  readonly prior: Value;
  readonly planned: Value;
  /** True when there is no prior resource at all. */
  readonly creating: boolean;
}

export interface PlanModifierResult {
  readonly planned?: Value;
  readonly requiresReplace?: boolean;
}

/** Changes what is planned for one attribute. Must be deterministic: Terraform plans twice and compares. */
export interface PlanModifier {
  readonly name: string;
  modify(input: PlanModifierInput): PlanModifierResult;
}

/** Keeps the known prior value of a computed attribute that will not change by an update, such as an id. */
export const useStateForUnknown: PlanModifier = {
  name: "useStateForUnknown",
  modify({ planned, prior, config, creating }) {
    const keep = !creating && prior !== null && isUnknown(planned) && !isUnknown(config);
    return keep ? { planned: prior } : {};
  },
};

/** A change of this attribute destroys the resource and creates a new one. */
export const requiresReplace: PlanModifier = {
  name: "requiresReplace",
  modify: ({ planned, prior, creating }) => ({ requiresReplace: !creating && !valuesEqual(planned, prior) }),
};

/** As {@link requiresReplace}, but only for changes that `condition` says yes to. Both values may be unknown or null. */
export function requiresReplaceIf(condition: (prior: Value, planned: Value) => boolean): PlanModifier {
  return {
    name: "requiresReplaceIf",
    modify({ planned, prior, creating }) {
      return { requiresReplace: !creating && !valuesEqual(planned, prior) && condition(prior, planned) };
    },
  };
}
