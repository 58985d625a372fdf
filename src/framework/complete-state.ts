import { CodecError } from "../protocol/codec-error";
import { encodeMsgpack, isObjectValue } from "../protocol/msgpack-codec";
import { isUnknown } from "../protocol/unknown";
import { type ObjectValue, objectValue, type Value } from "../protocol/value";
import { type AttributePath, formatPath } from "./attribute-path";
import { type Diagnostic, errorDiagnostic } from "./diagnostics";
import { attributeOf } from "./nested-objects";
import { withoutWriteOnly } from "./plan/write-only";
import type { Attribute, Attributes } from "./schema";
import { attributeCtyType, attributesType } from "./schema-type";

export interface Completed {
  readonly state: ObjectValue;
  /** Errors in what the handler returned. The state is storable all the same. */
  readonly diagnostics: readonly Diagnostic[];
}

type Report = (path: AttributePath, problem: string) => void;

/**
 * Makes a storable state of what a handler returned: every attribute there, write-only ones null, nothing unknown. What
 * does not fit is an error and becomes null, so that one bad attribute does not lose the whole object.
 */
export function completeState(attributes: Attributes, returned: Value): Completed {
  const diagnostics: Diagnostic[] = [];
  const report = (path: AttributePath, problem: string) => {
    const detail = `The provider returned ${formatPath(path) || "a state"} that ${problem}. This is a bug in the provider.`;
    diagnostics.push(errorDiagnostic("Provider returned an invalid state", detail, path));
  };
  if (!isObjectValue(returned)) report([], "is not an object");
  const extra = isObjectValue(returned) ? Object.keys(returned).filter((name) => !Object.hasOwn(attributes, name)) : [];
  for (const name of extra) report([{ attribute: name }], "is not in the schema");
  const entries = Object.entries(attributes).map(([name, attribute]) => {
    const path = [{ attribute: name }];
    const value = isObjectValue(returned) ? returned[name] : null;
    if (value === undefined && attribute.writeOnly !== true) report(path, "is missing");
    const known = replaceUnknown(value ?? null, path, report);
    const cleaned = withoutWriteOnly({ [name]: attribute }, objectValue([[name, known]]));
    return [name, storable(attribute, attributeOf(cleaned, name), path, report)] as const;
  });
  return { state: objectValue(entries), diagnostics };
}

function storable(attribute: Attribute, value: Value, path: AttributePath, report: Report): Value {
  const problem = misfit(attribute, value);
  if (problem === undefined) return value;
  report(path, problem);
  return null;
}

function misfit(attribute: Attribute, value: Value): string | undefined {
  try {
    encodeMsgpack(attributeCtyType(attribute), value);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return `does not have the attribute's type (${error.message})`;
  }
  const fraction = value !== null && attribute.type === "integer" && !Number.isSafeInteger(value);
  return fraction ? "is not a whole number" : undefined;
}

function replaceUnknown(value: Value, path: AttributePath, report: Report): Value {
  if (isUnknown(value)) {
    report(path, "is still unknown");
    return null;
  }
  if (Array.isArray(value)) return value.map((item, index) => replaceUnknown(item, [...path, { index }], report));
  if (value instanceof Map) {
    return new Map([...value].map(([key, item]) => [key, replaceUnknown(item, [...path, { key }], report)]));
  }
  if (!isObjectValue(value)) return value;
  return objectValue(
    Object.entries(value).map(([name, item]) => [name, replaceUnknown(item, [...path, { attribute: name }], report)]),
  );
}

/** The known parts of a value, with null for the unknown ones. */
export function knownParts(value: Value): Value {
  return replaceUnknown(value, [], () => undefined);
}

/**
 * State to keep after a failure: what the handler recorded, over `base` (the plan of a creation, the prior state of an
 * update).
 */
export function partialState(attributes: Attributes, base: Value, partial: Value): ObjectValue {
  const names = Object.keys(attributesType(attributes).object);
  const entries = names.map((name) => {
    const recorded = isObjectValue(partial) ? partial[name] : undefined;
    return [name, recorded === undefined ? knownParts(attributeOf(base, name)) : knownParts(recorded)] as const;
  });
  return completeState(attributes, objectValue(entries)).state;
}
