/**
 * Checks one known, non-null value. Returns what is wrong as a sentence ("must be one of a, b"), or undefined.
 * The framework adds the attribute's path. The sentence must not repeat the value of a sensitive attribute.
 */
export type Validator<T> = (value: T) => string | undefined;

export function oneOf(...allowed: readonly string[]): Validator<string> {
  return (value) => (allowed.includes(value) ? undefined : `must be one of: ${allowed.join(", ")}`);
}

/** `pattern` must be anchored by the caller; `explanation` completes "must be ...". */
export function matches(pattern: RegExp, explanation: string): Validator<string> {
  return (value) => (pattern.test(value) ? undefined : `must be ${explanation}`);
}

/** Counts UTF-16 units of a string. */
export function lengthBetween(minimum: number, maximum: number): Validator<string> {
  return ({ length }) =>
    length >= minimum && length <= maximum ? undefined : `must have ${minimum} to ${maximum} characters`;
}

export function integerBetween(minimum: number, maximum: number): Validator<number> {
  return (value) => (value >= minimum && value <= maximum ? undefined : `must be from ${minimum} to ${maximum}`);
}

export function countBetween(minimum: number, maximum: number): Validator<Iterable<unknown>> {
  return (value) => {
    const count = [...value].length;
    return count >= minimum && count <= maximum ? undefined : `must have ${minimum} to ${maximum} elements`;
  };
}
