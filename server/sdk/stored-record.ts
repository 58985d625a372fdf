import { ServerError } from "./errors";
import { JsonError, type JsonInput, type JsonObject, parseJson, stringifyJson } from "./json";

/** A stored JSON object. What was stored is not trusted: a member that is missing or of another type is `corrupt`. */
export class StoredRecord {
  private constructor(
    private readonly members: JsonObject,
    private readonly what: string,
  ) {}

  /** @param what names the record in the server's log, e.g. `approle role` */
  static parse(value: Buffer, what: string): StoredRecord {
    try {
      const parsed = parseJson(value);
      if (parsed instanceof Map) return new StoredRecord(parsed, what);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
    }
    throw new ServerError("corrupt", { detail: `${what} is no JSON object` });
  }

  text(name: string): string {
    const value = this.members.get(name);
    return typeof value === "string" ? value : this.fail(name);
  }

  number(name: string): number {
    const value = this.members.get(name);
    return typeof value === "number" ? value : this.fail(name);
  }

  /** Undefined where the member is missing or null. */
  optionalNumber(name: string): number | undefined {
    return (this.members.get(name) ?? null) === null ? undefined : this.number(name);
  }

  boolean(name: string): boolean {
    const value = this.members.get(name);
    return typeof value === "boolean" ? value : this.fail(name);
  }

  texts(name: string): readonly string[] {
    const value = this.members.get(name);
    if (!Array.isArray(value)) return this.fail(name);
    return value.map((one) => (typeof one === "string" ? one : this.fail(name)));
  }

  textMap(name: string): ReadonlyMap<string, string> {
    const value = this.members.get(name);
    if (!(value instanceof Map)) return this.fail(name);
    return new Map([...value].map(([key, one]) => [key, typeof one === "string" ? one : this.fail(name)]));
  }

  oneOf<const Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.text(name);
    return words.find((word) => word === value) ?? this.fail(name);
  }

  private fail(name: string): never {
    throw new ServerError("corrupt", { detail: `${this.what}: member ${name}` });
  }
}

export function encodeRecord(members: { readonly [name: string]: JsonInput }): Buffer {
  return Buffer.from(stringifyJson(members), "utf8");
}
