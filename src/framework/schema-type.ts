import type { CtyType } from "../protocol/cty-type";
import type { Attribute, Attributes, AttributeType, Nesting, Schema } from "./schema";

export interface ObjectType {
  readonly object: { readonly [name: string]: CtyType };
}

const NESTED_TYPE: Record<Nesting, (object: ObjectType) => CtyType> = {
  single: (object) => object,
  list: (object) => ({ list: object }),
  set: (object) => ({ set: object }),
  map: (object) => ({ map: object }),
};

/** The wire type of an attribute type: `integer` is a number that is checked elsewhere. */
export function ctyTypeOf(type: AttributeType): CtyType {
  if (type === "integer") return "number";
  if (typeof type === "string") return type;
  if ("list" in type) return { list: ctyTypeOf(type.list) };
  if ("set" in type) return { set: ctyTypeOf(type.set) };
  if ("map" in type) return { map: ctyTypeOf(type.map) };
  return { object: Object.fromEntries(Object.entries(type.object).map(([name, field]) => [name, ctyTypeOf(field)])) };
}

export function attributeCtyType(attribute: Attribute): CtyType {
  if (attribute.nested === undefined) return ctyTypeOf(attribute.type);
  return NESTED_TYPE[attribute.nested](attributesType(attribute.attributes));
}

const known = new WeakMap<Attributes, ObjectType>();

/** The object type of a set of attributes; computed once for each. */
export function attributesType(attributes: Attributes): ObjectType {
  const before = known.get(attributes);
  if (before !== undefined) return before;
  const fields = Object.entries(attributes).map(([name, attribute]) => [name, attributeCtyType(attribute)] as const);
  const type = { object: Object.fromEntries(fields) };
  known.set(attributes, type);
  return type;
}

export function schemaType(schema: Schema): ObjectType {
  return attributesType(schema.attributes);
}
