/** What is promised about a value that is not known yet. The value that is known later must keep the promise. */
export interface Refinements {
  /** True when the value, once known, is not null. */
  readonly notNull?: boolean;
  readonly stringPrefix?: string;
  /** Inclusive bounds on the number of elements of a collection. */
  readonly lengthMin?: number;
  readonly lengthMax?: number;
}

/**
 * A value that is decided later (during apply). It is neither null nor a value: compare with {@link isUnknown}, never
 * with `===`, because unknown values can carry refinements.
 */
export class Unknown {
  readonly refinements: Refinements;

  constructor(refinements: Refinements = {}) {
    this.refinements = Object.freeze({ ...refinements });
    Object.freeze(this);
  }

  toString(): string {
    return "(known after apply)";
  }
}

/** Unknown without any promise. */
export const UNKNOWN = new Unknown();

/** Unknown, but promised not to be null: makes `id == null` decidable while planning. */
export const UNKNOWN_NOT_NULL = new Unknown({ notNull: true });

export function isUnknown(value: unknown): value is Unknown {
  return value instanceof Unknown;
}

/** Narrows away both null and unknown. */
export function isKnown<T>(value: T | Unknown | null | undefined): value is T {
  return value !== null && value !== undefined && !isUnknown(value);
}
