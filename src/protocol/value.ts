import type { CtyType } from "./cty-type";
import type { ExactNumber } from "./exact-number";
import type { Unknown } from "./unknown";

/** A value together with its type, for places whose type is `dynamic`. */
export class Dynamic {
  constructor(
    readonly type: CtyType,
    readonly value: Value,
  ) {}
}

/** An object value: null prototype, every attribute of the type present. */
export interface ObjectValue {
  readonly [attribute: string]: Value;
}

/**
 * A native value of any type. Lists, sets and tuples are arrays; maps are `Map`, objects are null-prototype records,
 * so that a key such as `__proto__` is an ordinary key.
 */
export type Value =
  | null
  | Unknown
  | boolean
  | string
  | number
  | ExactNumber
  | Dynamic
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | ObjectValue;

/** Makes the null-prototype record in which object values are kept. */
export function objectValue(entries: Iterable<readonly [string, Value]>): ObjectValue {
  const object: Record<string, Value> = Object.create(null);
  for (const [name, value] of entries) object[name] = value;
  return object;
}
