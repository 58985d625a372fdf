/** A Terraform type. `dynamic` is a place whose type travels with the value. */
export type CtyType =
  | "string"
  | "number"
  | "bool"
  | "dynamic"
  | { readonly list: CtyType }
  | { readonly set: CtyType }
  | { readonly map: CtyType }
  | { readonly tuple: readonly CtyType[] }
  | { readonly object: { readonly [name: string]: CtyType } };

/** How deep types and values may nest; deeper input is refused instead of exhausting the stack. */
export const NESTING_MAX = 128;

const PRIMITIVES = new Set(["string", "number", "bool", "dynamic"]);

function isPrimitive(value: unknown): value is "string" | "number" | "bool" | "dynamic" {
  return typeof value === "string" && PRIMITIVES.has(value);
}

function objectTypes(fields: unknown, depth: number): { readonly [name: string]: CtyType } {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) throw new TypeError("not an object type");
  const types: Record<string, CtyType> = Object.create(null);
  for (const [name, type] of Object.entries(fields)) types[name] = ctyTypeFromJson(type, depth + 1);
  return types;
}

/** Reads the JSON form of a type, already parsed. Throws TypeError if it is none. */
export function ctyTypeFromJson(json: unknown, depth = 0): CtyType {
  if (depth > NESTING_MAX) throw new TypeError("type nests too deeply");
  if (isPrimitive(json)) return json;
  if (!Array.isArray(json)) throw new TypeError("not a type");
  const [kind, inner]: unknown[] = json;
  switch (kind) {
    case "list":
      return { list: ctyTypeFromJson(inner, depth + 1) };
    case "set":
      return { set: ctyTypeFromJson(inner, depth + 1) };
    case "map":
      return { map: ctyTypeFromJson(inner, depth + 1) };
    case "object":
      return { object: objectTypes(inner, depth) };
    case "tuple":
      if (!Array.isArray(inner)) throw new TypeError("not a tuple type");
      return { tuple: inner.map((type) => ctyTypeFromJson(type, depth + 1)) };
    default:
      throw new TypeError("unknown kind of type");
  }
}

type TypeJson = string | readonly [string, unknown];

function toJson(type: CtyType): TypeJson {
  if (typeof type === "string") return type;
  if ("list" in type) return ["list", toJson(type.list)];
  if ("set" in type) return ["set", toJson(type.set)];
  if ("map" in type) return ["map", toJson(type.map)];
  if ("tuple" in type) return ["tuple", type.tuple.map(toJson)];
  const fields: Record<string, TypeJson> = Object.create(null);
  for (const name of Object.keys(type.object).sort()) {
    const field = type.object[name];
    if (field !== undefined) fields[name] = toJson(field);
  }
  return ["object", fields];
}

/** The JSON form of a type as it goes over the wire; attributes in alphabetical order. */
export function formatCtyType(type: CtyType): string {
  return JSON.stringify(toJson(type));
}
