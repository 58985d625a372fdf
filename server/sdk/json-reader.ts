import { type JsonObject, type JsonValue, parseJson } from "./json";

/** A member is missing or has the wrong type. Names the member, never its content. */
export class JsonShapeError extends Error {
  constructor(name: string, expected: string) {
    super(`member ${name} must be ${expected}`);
    this.name = "JsonShapeError";
  }
}

/** Reads members of a JSON object with their types checked: for records and messages that another version or cluster wrote. */
export class JsonReader {
  constructor(private readonly object: JsonObject) {}

  /** @throws JsonError, JsonShapeError */
  static parse(
    input: Buffer | string,
    limits: { readonly bytesMax?: number; readonly depthMax?: number; readonly valuesMax?: number } = {},
  ): JsonReader {
    const value = parseJson(input, limits);
    if (!(value instanceof Map)) throw new JsonShapeError("(document)", "an object");
    return new JsonReader(value);
  }

  has(name: string): boolean {
    const value = this.object.get(name);
    return value !== undefined && value !== null;
  }

  text(name: string): string {
    const value = this.object.get(name);
    if (typeof value !== "string") throw new JsonShapeError(name, "a string");
    return value;
  }

  number(name: string): number {
    const value = this.object.get(name);
    if (typeof value !== "number") throw new JsonShapeError(name, "a number");
    return value;
  }

  boolean(name: string): boolean {
    const value = this.object.get(name);
    if (typeof value !== "boolean") throw new JsonShapeError(name, "a boolean");
    return value;
  }

  /** Base64 text as bytes. */
  bytes(name: string): Buffer {
    return Buffer.from(this.text(name), "base64");
  }

  child(name: string): JsonReader {
    const value = this.object.get(name);
    if (!(value instanceof Map)) throw new JsonShapeError(name, "an object");
    return new JsonReader(value);
  }

  texts(name: string): readonly string[] {
    return this.array(name).map((value) => {
      if (typeof value !== "string") throw new JsonShapeError(name, "a list of strings");
      return value;
    });
  }

  objects(name: string): readonly JsonReader[] {
    return this.array(name).map((value) => {
      if (!(value instanceof Map)) throw new JsonShapeError(name, "a list of objects");
      return new JsonReader(value);
    });
  }

  /** A list of pairs of strings, e.g. headers. */
  textPairs(name: string): readonly (readonly [string, string])[] {
    return this.array(name).map((pair) => {
      const [first, second] = Array.isArray(pair) ? pair : [];
      if (typeof first !== "string" || typeof second !== "string") throw new JsonShapeError(name, "pairs of strings");
      return [first, second] as const;
    });
  }

  /** Names of all members. */
  names(): readonly string[] {
    return [...this.object.keys()];
  }

  /** The member read by `read`, or undefined where it is missing or null. */
  optional<T>(name: string, read: (reader: JsonReader) => T): T | undefined {
    return this.has(name) ? read(this) : undefined;
  }

  private array(name: string): readonly JsonValue[] {
    const value = this.object.get(name);
    if (!Array.isArray(value)) throw new JsonShapeError(name, "a list");
    return value;
  }
}
