/**
 * Lossless JSON (RFC 8259). Objects are Maps, so that keys such as `__proto__`, `constructor` and "1" and their order
 * survive; numbers that a double cannot print back as they came are kept as text.
 */
export type JsonValue = null | boolean | string | number | ExactNumber | JsonValue[] | JsonObject;

/** Insertion order is the order of the document; of two equal keys the last value wins, as in Go. */
export type JsonObject = Map<string, JsonValue>;

/** A JSON number kept as its text because `String(Number(text)) !== text`: 2^53+1, 1e400, -0, 1.0. */
export class ExactNumber {
  constructor(readonly text: string) {}
}

/** Text that is JSON already and is spliced verbatim into the output. Only for text this process made or checked. */
export class RawJson {
  constructor(readonly text: string | Buffer) {}
}

/** What the writer takes: parsed values, and plain objects, arrays and scalars of trusted code. */
export type JsonInput =
  | null
  | undefined
  | boolean
  | string
  | number
  | bigint
  | ExactNumber
  | RawJson
  /** Structural form of RawJson, for contracts that may not name the class; an instance is still needed for bytes. */
  | { readonly text: string | Buffer }
  | readonly JsonInput[]
  | ReadonlyMap<string, JsonInput>
  | { readonly [key: string]: JsonInput };

export type JsonErrorCode = "invalid" | "too_large" | "too_deep" | "too_many_values" | "key_too_long";

/** Names the place and never quotes the content, which may be a secret. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  constructor(
    readonly code: JsonErrorCode,
    readonly offsetBytes: number,
    reason: string,
  ) {
    super(`${reason} at offset ${offsetBytes}`);
  }
}
