import { decimalText, ExactNumber } from "./exact-number";
import { isUnknown } from "./unknown";
import { Dynamic, type ObjectValue, type Value } from "./value";

function arraysEqual(left: readonly Value[], right: readonly Value[]): boolean {
  return left.length === right.length && left.every((value, index) => valuesEqual(value, right[index] ?? null));
}

function mapsEqual(left: ReadonlyMap<string, Value>, right: ReadonlyMap<string, Value>): boolean {
  if (left.size !== right.size) return false;
  return [...left].every(([key, value]) => {
    const other = right.get(key);
    return other !== undefined && valuesEqual(value, other);
  });
}

function objectsEqual(left: ObjectValue, right: ObjectValue): boolean {
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => {
    const value = left[name];
    const other = right[name];
    return value !== undefined && other !== undefined && valuesEqual(value, other);
  });
}

function isNumeric(value: Value): value is number | ExactNumber {
  return typeof value === "number" || value instanceof ExactNumber;
}

function isObject(value: Value): value is ObjectValue {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

/**
 * True when both values of one type are the same. Two unknown values count as the same, whatever their refinements.
 * Arrays compare in order: put sets in canonical order first.
 */
export function valuesEqual(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (left === null || right === null) return false;
  if (isUnknown(left) || isUnknown(right)) return isUnknown(left) && isUnknown(right);
  if (isNumeric(left) && isNumeric(right)) return decimalText(left) === decimalText(right);
  if (Array.isArray(left) && Array.isArray(right)) return arraysEqual(left, right);
  if (left instanceof Map && right instanceof Map) return mapsEqual(left, right);
  if (left instanceof Dynamic && right instanceof Dynamic) {
    return JSON.stringify(left.type) === JSON.stringify(right.type) && valuesEqual(left.value, right.value);
  }
  if (left instanceof Dynamic || right instanceof Dynamic) return false;
  if (isNumeric(left) || isNumeric(right)) return false;
  return isObject(left) && isObject(right) && objectsEqual(left, right);
}
