import { ProtobufError, ProtobufReader } from "./protobuf-reader";
import { ProtobufWriter, WIRE_TYPE } from "./protobuf-writer";
import type { Decoded, Encodable, MessageTable } from "./wire-definition";

type ScalarName = "string" | "bytes" | "bool" | "int64" | "enum";

interface FieldPlan {
  readonly name: string;
  readonly number: number;
  /** A scalar, or the name of a message. */
  readonly type: string;
  readonly shape: "single" | "optional" | "repeated" | "map";
}

interface MessagePlan {
  readonly fields: readonly FieldPlan[];
  readonly byNumber: ReadonlyMap<number, FieldPlan>;
}

const SCALARS = new Set(["string", "bytes", "bool", "int64", "enum"]);
const NESTING_MAX = 100;
const EMPTY = Buffer.alloc(0);

function isScalar(type: string): type is ScalarName {
  return SCALARS.has(type);
}

function planField(name: string, number: number, type: string): FieldPlan {
  if (type.startsWith("map<")) return { name, number, type: type.slice(4, -1), shape: "map" };
  if (type.endsWith("[]")) return { name, number, type: type.slice(0, -2), shape: "repeated" };
  if (type.endsWith("?")) return { name, number, type: type.slice(0, -1), shape: "optional" };
  return { name, number, type, shape: isScalar(type) ? "single" : "optional" };
}

type Fields = Record<string, unknown>;

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

/** Reads and writes the messages of one table. Unknown fields are skipped, so newer peers are understood. */
export class Protobuf<T extends MessageTable> {
  readonly #plans = new Map<string, MessagePlan>();

  constructor(readonly table: T) {}

  /** Throws ProtobufError when the bytes are not such a message. */
  decode<Name extends keyof T & string>(name: Name, bytes: Buffer): Decoded<T, Name> {
    // The table that makes the fields is the one that the type is computed from.
    const message: unknown = this.#read(name, new ProtobufReader(bytes), 0);
    return message as Decoded<T, Name>;
  }

  encode<Name extends keyof T & string>(name: Name, message: Encodable<T, Name>): Buffer {
    return this.#write(name, message);
  }

  #plan(name: string): MessagePlan {
    const known = this.#plans.get(name);
    if (known !== undefined) return known;
    const declared = this.table[name];
    if (declared === undefined) throw new TypeError(`no message ${name}`);
    const fields = Object.entries(declared).map(([field, [number, type]]) => planField(field, number, type));
    const plan = { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
    this.#plans.set(name, plan);
    return plan;
  }

  #read(name: string, reader: ProtobufReader, depth: number): Fields {
    if (depth > NESTING_MAX) throw new ProtobufError("message nests too deeply");
    const plan = this.#plan(name);
    const message: Fields = {};
    for (const field of plan.fields) message[field.name] = absent(field);
    while (!reader.atEnd) {
      const { field: number, wireType } = reader.tag();
      const field = plan.byNumber.get(number);
      if (field === undefined || wireType !== expectedWireType(field)) reader.skip(wireType);
      else this.#readField(field, reader, message, depth);
    }
    return message;
  }

  #readField(field: FieldPlan, reader: ProtobufReader, message: Fields, depth: number): void {
    const held = message[field.name];
    if (field.shape === "repeated" && Array.isArray(held)) held.push(this.#readValue(field.type, reader, depth));
    else if (field.shape === "map" && held instanceof Map) this.#readEntry(field.type, reader.bytes(), held, depth);
    else message[field.name] = this.#readValue(field.type, reader, depth);
  }

  #readEntry(type: string, bytes: Buffer, map: Map<unknown, unknown>, depth: number): void {
    const reader = new ProtobufReader(bytes);
    let key = "";
    let value = isScalar(type) ? zero(type) : undefined;
    while (!reader.atEnd) {
      const { field, wireType } = reader.tag();
      if (field === 1 && wireType === WIRE_TYPE.bytes) key = reader.bytes().toString();
      else if (field === 2) value = this.#readValue(type, reader, depth);
      else reader.skip(wireType);
    }
    map.set(key, value ?? this.#read(type, new ProtobufReader(EMPTY), depth + 1));
  }

  #readValue(type: string, reader: ProtobufReader, depth: number): unknown {
    if (!isScalar(type)) return this.#read(type, new ProtobufReader(reader.bytes()), depth + 1);
    switch (type) {
      case "string":
        return reader.bytes().toString();
      case "bytes":
        return reader.bytes();
      case "bool":
        return reader.varint() !== 0n;
      case "int64":
      case "enum":
        return Number(BigInt.asIntN(64, reader.varint()));
    }
  }

  #write(name: string, message: unknown): Buffer {
    const writer = new ProtobufWriter();
    if (!isRecord(message)) throw new TypeError(`${name} must be an object`);
    for (const field of this.#plan(name).fields) {
      const value = message[field.name];
      if (value !== undefined) this.#writeField(field, value, writer);
    }
    return writer.finish();
  }

  #writeField(field: FieldPlan, value: unknown, writer: ProtobufWriter): void {
    if (field.shape === "repeated" && Array.isArray(value)) {
      for (const item of value) this.#writeValue(field.number, field.type, item, writer);
    } else if (field.shape === "map" && value instanceof Map) {
      for (const [key, item] of value) this.#writeEntry(field, key, item, writer);
    } else if (field.shape === "optional" || !isZero(value)) {
      this.#writeValue(field.number, field.type, value, writer);
    }
  }

  #writeEntry(field: FieldPlan, key: unknown, value: unknown, writer: ProtobufWriter): void {
    const entry = new ProtobufWriter();
    this.#writeValue(1, "string", key, entry);
    this.#writeValue(2, field.type, value, entry);
    writer.tag(field.number, WIRE_TYPE.bytes);
    writer.bytes(entry.finish());
  }

  #writeValue(number: number, type: string, value: unknown, writer: ProtobufWriter): void {
    if (typeof value === "number" || typeof value === "boolean") {
      writer.tag(number, WIRE_TYPE.varint);
      writer.varint(BigInt(value));
      return;
    }
    writer.tag(number, WIRE_TYPE.bytes);
    if (typeof value === "string") writer.bytes(Buffer.from(value));
    else if (Buffer.isBuffer(value)) writer.bytes(value);
    else writer.bytes(this.#write(type, value));
  }
}

function zero(type: ScalarName): unknown {
  if (type === "string") return "";
  if (type === "bytes") return EMPTY;
  return type === "bool" ? false : 0;
}

function isZero(value: unknown): boolean {
  return value === "" || value === 0 || value === false || (Buffer.isBuffer(value) && value.length === 0);
}

function absent(field: FieldPlan): unknown {
  if (field.shape === "repeated") return [];
  if (field.shape === "map") return new Map();
  return field.shape === "single" && isScalar(field.type) ? zero(field.type) : undefined;
}

/** Repeated numbers do not occur in the tables, so packed encoding is not read. */
function expectedWireType(field: FieldPlan): number {
  const number = field.type === "bool" || field.type === "int64" || field.type === "enum";
  return number && field.shape !== "map" ? WIRE_TYPE.varint : WIRE_TYPE.bytes;
}
