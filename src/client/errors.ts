/** A server answered and refused. Texts come from the server and are redacted. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly cluster: string,
    readonly address: string,
    readonly method: string,
    /** Without `/v1/`. */
    readonly path: string,
    readonly status: number,
    readonly errors: readonly string[],
  ) {
    super(
      `${method} ${address}/v1/${path} (cluster "${cluster}") answered ${status}: ${errors.join("; ") || "no explanation"}`,
    );
  }

  /** The cluster is sealed or not initialised: nothing but unsealing helps. */
  get isSealed(): boolean {
    return this.status === 503 && this.errors.some((text) => /sealed|not initialized/i.test(text));
  }
}

/** No server answered at the address. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  constructor(
    readonly cluster: string,
    readonly address: string,
    /** Such as ECONNREFUSED. */
    readonly code: string,
  ) {
    super(`Cluster "${cluster}" does not answer at ${address} (${code})`);
  }
}

/** Something that only a changed configuration can mend. `detail` says how. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  constructor(
    readonly summary: string,
    readonly detail: string,
  ) {
    super(`${summary}: ${detail}`);
  }
}

/** The provider's configuration holds values that are decided later in this run. */
export class NotYetKnownError extends Error {
  override readonly name = "NotYetKnownError";
}

/** A step of an operation did not come about in its time. */
export class WaitError extends Error {
  override readonly name = "WaitError";
}

/** True for what may mend itself or be mended by another resource of the same apply: stopped, sealed, without a primary. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof UnreachableError || error instanceof NotYetKnownError) return true;
  return error instanceof ApiError && (error.status === 503 || error.status === 472 || isDrSecondaryRefusal(error));
}

function isDrSecondaryRefusal(error: ApiError): boolean {
  return (
    error.status === 400 && error.errors.some((text) => text.includes("path disabled in replication DR secondary mode"))
  );
}
