import { isObjectValue } from "../../protocol/msgpack-codec";
import { isUnknown } from "../../protocol/unknown";
import { type ObjectValue, objectValue, type Value } from "../../protocol/value";
import { fromModel } from "../model-value";
import type { Attribute, Attributes } from "../schema";

/** A configuration as Terraform sends it: what the test left out is null. Throws TypeError for names not in the schema. */
export function fillConfig(attributes: Attributes, config: object): ObjectValue {
  const given = fromModel(config);
  if (!isObjectValue(given)) throw new TypeError("a configuration is an object");
  const foreign = Object.keys(given).find((name) => !Object.hasOwn(attributes, name));
  if (foreign !== undefined) throw new TypeError(`the schema has no attribute ${foreign}`);
  return objectValue(
    Object.entries(attributes).map(([name, attribute]) => [name, fill(attribute, given[name] ?? null)] as const),
  );
}

function fill(attribute: Attribute, value: Value): Value {
  if (attribute.nested === undefined || value === null || isUnknown(value)) return value;
  const one = (object: Value) => (isObjectValue(object) ? fillConfig(attribute.attributes, object) : object);
  if (Array.isArray(value)) return value.map(one);
  if (value instanceof Map) return new Map([...value].map(([key, object]) => [key, one(object)]));
  return one(value);
}
