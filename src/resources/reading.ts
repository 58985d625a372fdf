import { isUnavailable, NotYetKnownError } from "../client/errors";
import { type Diagnostic, warningDiagnostic } from "../framework/diagnostics";

interface Kept<T> {
  readonly state: T | null;
  readonly diagnostics?: readonly Diagnostic[];
}

/**
 * A read that keeps the last known state, with a warning, while the cluster is stopped or sealed: otherwise the plan that
 * would start it again could not be made.
 */
export async function keepIfUnavailable<T>(state: T, what: string, read: () => Promise<Kept<T>>): Promise<Kept<T>> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof NotYetKnownError) return { state };
    if (!(error instanceof Error) || !isUnavailable(error)) throw error;
    const detail = `${error.message}. It is shown as it was when it was last read.`;
    return { state, diagnostics: [warningDiagnostic(`${what} could not be read`, detail)] };
  }
}
