/** One step from a value to a value inside it. */
export type PathStep = { readonly attribute: string } | { readonly key: string } | { readonly index: number };

/** Where in a configuration or state a value stands. A path cannot lead into a set: it ends at the set. */
export type AttributePath = readonly PathStep[];

/**
 * Builds a path: a string is an attribute, a number a list index, `{ key }` a key of a map.
 *
 * @example attributePath("nodes", 0, "labels", { key: "rack" })
 */
export function attributePath(...steps: readonly (string | number | { readonly key: string })[]): AttributePath {
  return steps.map((step) => {
    if (typeof step === "string") return { attribute: step };
    return typeof step === "number" ? { index: step } : { key: step.key };
  });
}

/** The path as it would be written in a configuration, for messages and for comparing paths. */
export function formatPath(path: AttributePath): string {
  const parts = path.map((step, position) => {
    if ("attribute" in step) return position === 0 ? step.attribute : `.${step.attribute}`;
    return "key" in step ? `[${JSON.stringify(step.key)}]` : `[${step.index}]`;
  });
  return parts.join("");
}
