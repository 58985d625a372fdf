import { isObjectValue } from "../protocol/msgpack-codec";
import { isUnknown } from "../protocol/unknown";
import { Dynamic, type Value } from "../protocol/value";
import type { AttributePath } from "./attribute-path";
import { type Diagnostic, errorDiagnostic } from "./diagnostics";
import { attributeOf } from "./nested-objects";
import type { Attribute, Attributes, AttributeType, NestedAttribute } from "./schema";
import type { Validator } from "./validator";

/**
 * Checks a configuration against what Terraform does not check itself: integers, null elements, null or computed
 * attributes inside nested objects, and the attributes' validators. Unknown values are never wrong.
 */
export function validateConfig(attributes: Attributes, config: Value, path: AttributePath = []): readonly Diagnostic[] {
  return Object.entries(attributes).flatMap(([name, attribute]) =>
    validateAttribute(attribute, attributeOf(config, name), [...path, { attribute: name }]),
  );
}

function validateAttribute(attribute: Attribute, value: Value, path: AttributePath): readonly Diagnostic[] {
  if (isUnknown(value)) return [];
  if (value === null) return attribute.required === true ? [invalid(path, "must not be null")] : [];
  if (attribute.required !== true && attribute.optional !== true) {
    return [invalid(path, "is decided by the provider and cannot be set")];
  }
  const shape =
    attribute.nested === undefined ? typeProblems(attribute.type, value, path) : nestedProblems(attribute, value, path);
  return shape.length > 0 ? shape : runValidators(attribute, value, path);
}

function invalid(path: AttributePath, problem: string): Diagnostic {
  return errorDiagnostic("Invalid attribute value", `The value ${problem}.`, path);
}

function typeProblems(type: AttributeType, value: Value, path: AttributePath): readonly Diagnostic[] {
  if (isUnknown(value)) return [];
  if (value === null) return [invalid(path, "must not be null")];
  if (type === "integer") return Number.isSafeInteger(value) ? [] : [invalid(path, "must be a whole number")];
  if (typeof type === "string") return [];
  if ("list" in type) return elementProblems(type.list, value, path, true);
  if ("set" in type) return elementProblems(type.set, value, path, false);
  if ("map" in type) return entryProblems(type.map, value, path);
  return Object.entries(type.object).flatMap(([name, field]) => {
    const inner = attributeOf(value, name);
    return inner === null ? [] : typeProblems(field, inner, [...path, { attribute: name }]);
  });
}

function elementProblems(
  type: AttributeType,
  value: Value,
  path: AttributePath,
  indexed: boolean,
): readonly Diagnostic[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((element, index) => typeProblems(type, element, indexed ? [...path, { index }] : path));
}

function entryProblems(type: AttributeType, value: Value, path: AttributePath): readonly Diagnostic[] {
  if (!(value instanceof Map)) return [];
  return [...value].flatMap(([key, element]) => typeProblems(type, element, [...path, { key }]));
}

function nestedProblems(attribute: NestedAttribute, value: Value, path: AttributePath): readonly Diagnostic[] {
  const one = (object: Value, at: AttributePath) => {
    if (isUnknown(object)) return [];
    return object === null ? [invalid(at, "must not be null")] : validateConfig(attribute.attributes, object, at);
  };
  if (value instanceof Map) return [...value].flatMap(([key, object]) => one(object, [...path, { key }]));
  if (!Array.isArray(value)) return one(value, path);
  const indexed = attribute.nested === "list";
  return value.flatMap((object, index) => one(object, indexed ? [...path, { index }] : path));
}

function runValidators(attribute: Attribute, value: Value, path: AttributePath): readonly Diagnostic[] {
  if (attribute.validators === undefined || !isWhollyKnown(value)) return [];
  // The validators were declared for the attribute's own type, of which the decoded value is.
  const validators = attribute.validators as readonly Validator<unknown>[];
  return validators.flatMap((validator) => {
    const problem = validator(value);
    return problem === undefined ? [] : [invalid(path, problem)];
  });
}

/** True when no part of the value is unknown. */
export function isWhollyKnown(value: Value): boolean {
  if (isUnknown(value)) return false;
  if (value instanceof Dynamic) return isWhollyKnown(value.value);
  if (Array.isArray(value)) return value.every(isWhollyKnown);
  if (value instanceof Map) return [...value.values()].every(isWhollyKnown);
  return isObjectValue(value) ? Object.values(value).every(isWhollyKnown) : true;
}
