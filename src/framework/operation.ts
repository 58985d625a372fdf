import type { Logger } from "./logger";

/** What every operation gets. */
export interface OperationContext<Session> {
  /** What the provider's `configure` returned for this connection. */
  readonly session: Session;
  /** Aborted when Terraform asks to stop, when the operation's time is up, and when Terraform goes away. */
  readonly signal: AbortSignal;
  /** Progress and log; see Logger for what must not be logged. */
  readonly log: Logger;
}

/** Opaque bytes kept beside the state. Not shown to anybody, but not encrypted either: no secrets. Empty when there are none. */
export type PrivateBytes = Buffer;
