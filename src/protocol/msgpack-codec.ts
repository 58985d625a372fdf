import { CodecError, located } from "./codec-error";
import { type CtyType, ctyTypeFromJson, formatCtyType, NESTING_MAX } from "./cty-type";
import { decimalText, ExactNumber } from "./exact-number";
import { MsgpackReader, type Token } from "./msgpack-reader";
import { MsgpackWriter } from "./msgpack-writer";
import { decodeUnknown, encodeUnknown } from "./refinements-codec";
import { isUnknown } from "./unknown";
import { Dynamic, type ObjectValue, objectValue, type Value } from "./value";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Reads one value of `type`. Throws CodecError, with the location, for anything that is not exactly of that type. */
export function decodeMsgpack(type: CtyType, bytes: Buffer): Value {
  const reader = new MsgpackReader(bytes);
  const value = decode(type, reader, 0);
  if (!reader.atEnd) throw new CodecError("bytes after the value");
  return value;
}

/** Writes one value of `type`. Throws CodecError, with the location, when the value is not of that type. */
export function encodeMsgpack(type: CtyType, value: Value): Buffer {
  const writer = new MsgpackWriter();
  encode(type, value, writer);
  return writer.finish();
}

function decode(type: CtyType, reader: MsgpackReader, depth: number): Value {
  if (depth > NESTING_MAX) throw new CodecError("value nests too deeply");
  const token = reader.next();
  if (token.kind === "nil") return null;
  if (token.kind === "extension") return decodeUnknown(token.code, token.bytes);
  if (typeof type === "string") return decodePrimitive(type, token, reader, depth);
  if ("list" in type) return decodeElements(type.list, token, reader, depth);
  if ("set" in type) return sortSet(type.set, decodeElements(type.set, token, reader, depth));
  if ("map" in type) return decodeMap(type.map, token, reader, depth);
  if ("tuple" in type) return decodeTuple(type.tuple, token, reader, depth);
  return decodeObject(type.object, token, reader, depth);
}

function text(token: Token): string {
  if (token.kind !== "string") throw new CodecError("a string is required");
  try {
    return UTF8.decode(token.bytes);
  } catch {
    throw new CodecError("string is not UTF-8");
  }
}

function decodePrimitive(
  type: "string" | "number" | "bool" | "dynamic",
  token: Token,
  reader: MsgpackReader,
  depth: number,
): Value {
  switch (type) {
    case "string":
      return text(token);
    case "bool":
      if (token.kind !== "boolean") throw new CodecError("a bool is required");
      return token.value;
    case "number":
      return decodeNumber(token);
    case "dynamic":
      return decodeDynamic(token, reader, depth);
  }
}

function decodeNumber(token: Token): number | ExactNumber {
  if (token.kind === "float" && !Number.isFinite(token.value)) throw new CodecError("a number must be finite");
  const digits = token.kind === "integer" || token.kind === "float" ? String(token.value) : text(token);
  const number = ExactNumber.parse(digits);
  if (number === undefined) throw new CodecError("a number is required");
  return number;
}

function decodeDynamic(token: Token, reader: MsgpackReader, depth: number): Dynamic {
  const header = token.kind === "array" && token.count === 2 ? reader.next() : undefined;
  if (header?.kind !== "binary") throw new CodecError("a value with its type is required");
  const type = located("(type)", () => {
    try {
      return ctyTypeFromJson(JSON.parse(UTF8.decode(header.bytes)));
    } catch {
      throw new CodecError("not a type");
    }
  });
  return new Dynamic(type, decode(type, reader, depth + 1));
}

function decodeElements(type: CtyType, token: Token, reader: MsgpackReader, depth: number): readonly Value[] {
  if (token.kind !== "array") throw new CodecError("a list is required");
  const elements: Value[] = [];
  for (let index = 0; index < token.count; index += 1) {
    elements.push(located(`[${index}]`, () => decode(type, reader, depth + 1)));
  }
  return elements;
}

function decodeTuple(types: readonly CtyType[], token: Token, reader: MsgpackReader, depth: number): readonly Value[] {
  if (token.kind !== "array" || token.count !== types.length)
    throw new CodecError(`${types.length} elements are required`);
  return types.map((type, index) => located(`[${index}]`, () => decode(type, reader, depth + 1)));
}

function decodeMap(type: CtyType, token: Token, reader: MsgpackReader, depth: number): ReadonlyMap<string, Value> {
  if (token.kind !== "map") throw new CodecError("a map is required");
  const map = new Map<string, Value>();
  for (let entry = 0; entry < token.count; entry += 1) {
    const key = text(reader.next());
    if (map.has(key)) throw new CodecError("key occurs twice");
    map.set(
      key,
      located(`[${JSON.stringify(key)}]`, () => decode(type, reader, depth + 1)),
    );
  }
  return map;
}

function decodeObject(
  types: { readonly [name: string]: CtyType },
  token: Token,
  reader: MsgpackReader,
  depth: number,
): ObjectValue {
  const count = Object.keys(types).length;
  if (token.kind !== "map" || token.count !== count)
    throw new CodecError(`an object with ${count} attributes is required`);
  const found = new Map<string, Value>();
  for (let entry = 0; entry < token.count; entry += 1) {
    const name = text(reader.next());
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type === undefined || found.has(name)) throw new CodecError(`unexpected attribute ${JSON.stringify(name)}`);
    found.set(
      name,
      located(`.${name}`, () => decode(type, reader, depth + 1)),
    );
  }
  return objectValue(found);
}

function encode(type: CtyType, value: Value, writer: MsgpackWriter): void {
  if (value === null) writer.nil();
  else if (isUnknown(value)) encodeUnknown(writer, value);
  else if (typeof type === "string") encodePrimitive(type, value, writer);
  else if ("list" in type) encodeElements(type.list, value, writer);
  else if ("set" in type) encodeElements(type.set, distinct(type.set, value), writer);
  else if ("map" in type) encodeMap(type.map, value, writer);
  else if ("tuple" in type) encodeTuple(type.tuple, value, writer);
  else encodeObject(type.object, value, writer);
}

function encodePrimitive(type: "string" | "number" | "bool" | "dynamic", value: Value, writer: MsgpackWriter): void {
  if (type === "string" && typeof value === "string") writer.string(value);
  else if (type === "bool" && typeof value === "boolean") writer.boolean(value);
  else if (type === "number" && (typeof value === "number" || value instanceof ExactNumber))
    encodeNumber(value, writer);
  else if (type === "dynamic" && value instanceof Dynamic) {
    writer.arrayHeader(2);
    writer.binary(Buffer.from(formatCtyType(value.type)));
    encode(value.type, value.value, writer);
  } else throw new CodecError(`a ${type} is required`);
}

/** An integer outside int64, and a fraction with more digits than a double holds, travel as plain decimal digits. */
function encodeNumber(value: number | ExactNumber, writer: MsgpackWriter): void {
  if (typeof value === "number" && !Number.isFinite(value)) throw new CodecError("a number must be finite");
  const digits = decimalText(value);
  if (digits.includes(".")) {
    if (typeof value === "number") writer.float(value);
    else writer.string(digits);
    return;
  }
  const integer = BigInt(digits);
  if (integer >= INT64_MIN && integer <= INT64_MAX) writer.integer(integer);
  else writer.string(digits);
}

function encodeElements(type: CtyType, value: Value, writer: MsgpackWriter): void {
  if (!Array.isArray(value)) throw new CodecError("a list is required");
  writer.arrayHeader(value.length);
  for (const [index, element] of value.entries()) located(`[${index}]`, () => encode(type, element, writer));
}

function encodeTuple(types: readonly CtyType[], value: Value, writer: MsgpackWriter): void {
  if (!Array.isArray(value) || value.length !== types.length)
    throw new CodecError(`${types.length} elements are required`);
  writer.arrayHeader(types.length);
  for (const [index, type] of types.entries()) located(`[${index}]`, () => encode(type, value[index] ?? null, writer));
}

function encodeMap(type: CtyType, value: Value, writer: MsgpackWriter): void {
  if (!(value instanceof Map)) throw new CodecError("a map is required");
  writer.mapHeader(value.size);
  for (const [key, element] of value) {
    if (typeof key !== "string") throw new CodecError("a map has string keys");
    writer.string(key);
    located(`[${JSON.stringify(key)}]`, () => encode(type, element, writer));
  }
}

/** True for a plain record, whatever its prototype: handlers build states with object literals. */
export function isObjectValue(value: Value): value is ObjectValue {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Map || value instanceof Dynamic || value instanceof ExactNumber || isUnknown(value))
  );
}

function encodeObject(types: { readonly [name: string]: CtyType }, value: Value, writer: MsgpackWriter): void {
  if (!isObjectValue(value)) throw new CodecError("an object is required");
  const names = Object.keys(types);
  const extra = Object.keys(value).find((name) => !Object.hasOwn(types, name));
  if (extra !== undefined) throw new CodecError(`unexpected attribute ${JSON.stringify(extra)}`);
  writer.mapHeader(names.length);
  for (const name of names) {
    const type = types[name];
    const attribute = Object.hasOwn(value, name) ? value[name] : undefined;
    if (type === undefined || attribute === undefined)
      throw new CodecError(`attribute ${JSON.stringify(name)} is missing`);
    writer.string(name);
    located(`.${name}`, () => encode(type, attribute, writer));
  }
}

function distinct(type: CtyType, value: Value): readonly Value[] {
  if (!Array.isArray(value)) throw new CodecError("a set is required");
  return sortSet(type, value);
}

/**
 * A set in canonical order without repetitions, so that sets can be compared like lists. Unknown elements are all
 * kept: two of them may become different values.
 */
export function sortSet(type: CtyType, elements: readonly Value[]): readonly Value[] {
  const keyed = elements.map((element, index) => ({
    element,
    key: located(`[${index}]`, () => encodeMsgpack(type, element)),
  }));
  keyed.sort((left, right) => left.key.compare(right.key));
  const kept = keyed.filter(({ key, element }, index) => {
    const before = keyed[index - 1];
    return before === undefined || isUnknown(element) || !before.key.equals(key);
  });
  return kept.map(({ element }) => element);
}
