import { CodecError, located } from "./codec-error";
import { type CtyType, ctyTypeFromJson } from "./cty-type";
import { ExactNumber } from "./exact-number";
import type { JsonValue } from "./lossless-json";
import { sortSet } from "./msgpack-codec";
import { Dynamic, objectValue, type Value } from "./value";

/**
 * Reads a value of `type` from the JSON form that states are kept in. Attributes that are left out become null;
 * attributes that the type does not have are refused. Throws CodecError with the location.
 */
export function valueFromJson(type: CtyType, json: JsonValue): Value {
  if (json === null) return null;
  if (typeof type === "string") return primitiveFromJson(type, json);
  if ("list" in type) return elements(json).map((item, index) => at(index, type.list, item));
  if ("set" in type) {
    return sortSet(
      type.set,
      elements(json).map((item, index) => at(index, type.set, item)),
    );
  }
  if ("tuple" in type) return tupleFromJson(type.tuple, elements(json));
  if ("map" in type) return mapFromJson(type.map, entries(json));
  return objectFromJson(type.object, entries(json));
}

function at(index: number, type: CtyType, json: JsonValue): Value {
  return located(`[${index}]`, () => valueFromJson(type, json));
}

function elements(json: JsonValue): readonly JsonValue[] {
  if (!Array.isArray(json)) throw new CodecError("a list is required");
  return json;
}

function entries(json: JsonValue): ReadonlyMap<string, JsonValue> {
  if (!(json instanceof Map)) throw new CodecError("an object is required");
  return json;
}

function tupleFromJson(types: readonly CtyType[], items: readonly JsonValue[]): readonly Value[] {
  if (items.length !== types.length) throw new CodecError(`${types.length} elements are required`);
  return types.map((type, index) => at(index, type, items[index] ?? null));
}

function mapFromJson(type: CtyType, json: ReadonlyMap<string, JsonValue>): ReadonlyMap<string, Value> {
  const map = new Map<string, Value>();
  for (const [key, item] of json) {
    map.set(
      key,
      located(`[${JSON.stringify(key)}]`, () => valueFromJson(type, item)),
    );
  }
  return map;
}

function objectFromJson(types: { readonly [name: string]: CtyType }, json: ReadonlyMap<string, JsonValue>): Value {
  const extra = [...json.keys()].find((name) => !Object.hasOwn(types, name));
  if (extra !== undefined) throw new CodecError(`unexpected attribute ${JSON.stringify(extra)}`);
  const attributes = Object.entries(types).map(
    ([name, type]) => [name, located(`.${name}`, () => valueFromJson(type, json.get(name) ?? null))] as const,
  );
  return objectValue(attributes);
}

/** Scalars convert between each other as Terraform converts them: old states keep numbers and bools as strings. */
function primitiveFromJson(type: "string" | "number" | "bool" | "dynamic", json: JsonValue): Value {
  if (type === "dynamic") return dynamicFromJson(json);
  const isNumber = typeof json === "number" || json instanceof ExactNumber;
  if (type === "string" && (typeof json === "string" || typeof json === "boolean" || isNumber)) return String(json);
  if (type === "bool" && typeof json === "boolean") return json;
  if (type === "bool" && (json === "true" || json === "false")) return json === "true";
  if (type === "number" && isNumber) return json;
  const parsed = type === "number" && typeof json === "string" ? ExactNumber.parse(json) : undefined;
  if (parsed === undefined) throw new CodecError(`a ${type} is required`);
  return parsed;
}

function dynamicFromJson(json: JsonValue): Dynamic {
  const { type, value } = Object.fromEntries(entries(json));
  if (type === undefined || value === undefined) throw new CodecError("a value with its type is required");
  let known: CtyType;
  try {
    known = ctyTypeFromJson(plain(type));
  } catch {
    throw new CodecError("not a type");
  }
  return new Dynamic(known, valueFromJson(known, value));
}

function plain(json: JsonValue): unknown {
  if (Array.isArray(json)) return json.map(plain);
  if (!(json instanceof Map)) return json;
  return Object.fromEntries([...json].map(([key, item]) => [key, plain(item)]));
}
