import { isObjectValue, sortSet } from "../protocol/msgpack-codec";
import { isUnknown } from "../protocol/unknown";
import type { ObjectValue, Value } from "../protocol/value";
import { valuesEqual } from "../protocol/value-equality";
import type { AttributePath } from "./attribute-path";
import type { NestedAttribute } from "./schema";
import { attributesType } from "./schema-type";

/** The same place in configuration, prior state and plan. */
export interface Aligned {
  readonly config: Value;
  readonly prior: Value;
  readonly planned: Value;
}

export interface AlignedObject {
  readonly config: Value;
  readonly prior: Value;
  readonly planned: ObjectValue;
}

type MapObject = (aligned: AlignedObject, path: AttributePath) => ObjectValue;

/** The attribute of an object; null when there is no such object. */
export function attributeOf(object: Value, name: string): Value {
  return isObjectValue(object) && Object.hasOwn(object, name) ? (object[name] ?? null) : null;
}

/** The same attribute in all three. */
export function alignedAttribute(aligned: Aligned, name: string): Aligned {
  return {
    config: attributeOf(aligned.config, name),
    prior: attributeOf(aligned.prior, name),
    planned: attributeOf(aligned.planned, name),
  };
}

/**
 * Maps each object of a nested attribute, together with its counterparts in configuration and prior state. Objects that
 * are null or unknown as a whole stay as they are. Lists align by index, maps by key, sets by what the configuration says.
 */
export function mapNested(attribute: NestedAttribute, aligned: Aligned, path: AttributePath, map: MapObject): Value {
  const { planned } = aligned;
  if (planned === null || isUnknown(planned)) return planned;
  const one = (value: Value, config: Value, prior: Value, at: AttributePath) =>
    isObjectValue(value) ? map({ planned: value, config, prior }, at) : value;
  if (attribute.nested === "single") return one(planned, aligned.config, aligned.prior, path);
  if (planned instanceof Map) {
    const entries = [...planned].map(([key, value]: [string, Value]): [string, Value] => [
      key,
      one(value, entryOf(aligned.config, key), entryOf(aligned.prior, key), [...path, { key }]),
    ]);
    return new Map(entries);
  }
  if (!Array.isArray(planned)) return planned;
  if (attribute.nested === "list") {
    return planned.map((value, index) =>
      one(value, elementOf(aligned.config, index), elementOf(aligned.prior, index), [...path, { index }]),
    );
  }
  return mapSet(attribute, planned, aligned, (value, config, prior) => one(value, config, prior, path));
}

function mapSet(
  attribute: NestedAttribute,
  planned: readonly Value[],
  aligned: Aligned,
  map: (value: Value, config: Value, prior: Value) => Value,
): Value {
  const configs = new Matches(aligned.config);
  const priors = new Matches(aligned.prior);
  const mapped = planned.map((value) => {
    const config = configs.take((candidate) => agrees(candidate, value));
    const prior = priors.take((candidate) => agrees(config ?? value, candidate));
    return map(value, config, prior);
  });
  return sortSet(attributesType(attribute.attributes), mapped);
}

/** The elements of a set that have found no counterpart yet. */
class Matches {
  readonly #left: Value[];

  constructor(set: Value) {
    this.#left = Array.isArray(set) ? [...set] : [];
  }

  take(fits: (candidate: Value) => boolean): Value {
    const index = this.#left.findIndex(fits);
    return index < 0 ? null : (this.#left.splice(index, 1)[0] ?? null);
  }
}

/** True when the candidate has every value that the configuration gives. */
function agrees(config: Value, candidate: Value): boolean {
  if (!isObjectValue(config) || !isObjectValue(candidate)) return valuesEqual(config, candidate);
  return Object.entries(config).every(([name, value]) => {
    if (value === null) return true;
    const other = attributeOf(candidate, name);
    return isObjectValue(value) ? agrees(value, other) : valuesEqual(value, other);
  });
}

function elementOf(list: Value, index: number): Value {
  return Array.isArray(list) ? (list[index] ?? null) : null;
}

function entryOf(map: Value, key: string): Value {
  return map instanceof Map ? (map.get(key) ?? null) : null;
}
