/** A value that does not fit its type. `location` reads like `.nodes[0].name`; no value is in the message. */
export class CodecError extends Error {
  override readonly name = "CodecError";

  constructor(
    readonly problem: string,
    readonly location = "",
  ) {
    super(location === "" ? problem : `${location}: ${problem}`);
  }

  /** The same problem, seen from one level further out. */
  inside(step: string): CodecError {
    return new CodecError(this.problem, step + this.location);
  }
}

/** Runs `action`; a CodecError in it is rethrown with `step` before its location. */
export function located<T>(step: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof CodecError ? error.inside(step) : error;
  }
}
