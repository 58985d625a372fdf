import type { ExactNumber } from "./exact-number";

/** JSON without loss: numbers keep every digit, objects are maps so that no key is special. */
export type JsonValue =
  | null
  | boolean
  | string
  | number
  | ExactNumber
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>;
