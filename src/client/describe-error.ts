import { type Diagnostic, errorDiagnostic } from "../framework/diagnostics";
import { OperatorFileError } from "../operator/operator-store";
import { ApiError, ConfigurationError, NotYetKnownError, UnreachableError, WaitError } from "./errors";

/** What to do, by status. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [403, "The token in use does not allow this: check its policies, or whether it was issued by another cluster."],
  [404, "There is nothing at this path: check that the mount exists on this cluster and is not filtered there."],
  [412, "The cluster has not yet received a write that this depends on: apply again."],
  [429, "A quota was reached, or the node is a standby."],
  [472, "The cluster is a DR secondary, which serves nothing until it is promoted."],
  [
    503,
    "The cluster is sealed, changing its role or not reachable behind this node: look at its log and at sys/health.",
  ],
]);

/** One diagnostic per kind of failure; the texts are redacted where they were made. */
export function describeError(error: unknown): Diagnostic | undefined {
  if (error instanceof ApiError) {
    const advice = ADVICE.get(error.status);
    const summary = error.isSealed
      ? `Cluster "${error.cluster}" is sealed`
      : `Cluster "${error.cluster}" refused a request`;
    return errorDiagnostic(summary, advice === undefined ? `${error.message}.` : `${error.message}. ${advice}`);
  }
  if (error instanceof UnreachableError) {
    const detail = `${error.message}. Check that the server runs and that its address is right; its log says why it stopped.`;
    return errorDiagnostic(`Cluster "${error.cluster}" does not answer`, detail);
  }
  if (error instanceof ConfigurationError) return errorDiagnostic(error.summary, error.detail);
  if (error instanceof OperatorFileError) return errorDiagnostic("The operator file cannot be used", error.message);
  if (error instanceof WaitError) return errorDiagnostic("It did not come about in time", error.message);
  if (error instanceof NotYetKnownError) {
    const detail = `The address of cluster "${error.message}" is decided later in this run: let this resource depend on what decides it.`;
    return errorDiagnostic("The cluster's address is not known yet", detail);
  }
  return undefined;
}
