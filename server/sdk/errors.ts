/**
 * The closed set of errors of the server. Thrown deep, translated once at the edge: `status` and the public text go to the
 * client, `detail` only to the server's log (it may name keys and peers, never a secret).
 */
export const errorTable = {
  invalid_request: { status: 400, text: "invalid request" },
  invalid_credentials: { status: 400, text: "invalid credentials" },
  missing_client_token: { status: 403, text: "permission denied" },
  permission_denied: { status: 403, text: "permission denied" },
  not_found: { status: 404, text: "" },
  no_handler: { status: 404, text: "no handler for route" },
  unsupported_path: { status: 404, text: "1 error occurred:\n\t* unsupported path\n\n" },
  unsupported_operation: { status: 405, text: "1 error occurred:\n\t* unsupported operation\n\n" },
  index_not_present: { status: 412, text: "required index state not present" },
  body_too_large: { status: 413, text: "request body too large" },
  unsupported_media_type: { status: 415, text: "unsupported media type" },
  too_many_requests: { status: 429, text: "request quota exceeded" },
  write_conflict: {
    status: 400,
    text: "the object was changed by somebody else in the meantime; read it and try again",
  },
  dr_secondary: { status: 400, text: "path disabled in replication DR secondary mode" },
  read_only: { status: 500, text: "cannot write to readonly storage" },
  corrupt: { status: 500, text: "stored data is corrupt" },
  audit_failed: { status: 500, text: "no audit device accepted the request; it was refused" },
  internal: { status: 500, text: "internal error" },
  primary_unreachable: { status: 503, text: "the primary cluster cannot be reached; try again" },
  catching_up: {
    status: 503,
    text: "replication is still catching up, try again later or provide the force argument",
  },
  sealed: { status: 503, text: "Vault is sealed" },
  not_initialized: { status: 400, text: "server is not yet initialized" },
  fenced: { status: 503, text: "this cluster may not acknowledge writes now" },
  unconfirmed: { status: 503, text: "no secondary has confirmed that this cluster is still the primary: writes wait" },
  dr_unconfirmed: { status: 503, text: "no DR secondary has confirmed the write: its outcome is uncertain" },
  draining: { status: 503, text: "writes are paused while the cluster hands over" },
  storage_full: { status: 507, text: "the storage is full: the write was refused, reads go on" },
} as const;

export type ErrorCode = keyof typeof errorTable;

export interface ErrorOptions {
  /** What the client sees instead of the table's text. Never a secret. */
  readonly publicText?: string;
  /** For the server's log only. */
  readonly detail?: string;
  readonly cause?: unknown;
}

export class ServerError extends Error {
  readonly status: number;
  readonly publicText: string;
  readonly detail: string | undefined;

  constructor(
    readonly code: ErrorCode,
    options: ErrorOptions | string = {},
  ) {
    const settled: ErrorOptions = typeof options === "string" ? { publicText: options } : options;
    const row = errorTable[code];
    super(
      settled.detail ?? settled.publicText ?? row.text,
      settled.cause === undefined ? undefined : { cause: settled.cause },
    );
    this.name = "ServerError";
    this.status = row.status;
    this.publicText = settled.publicText ?? row.text;
    this.detail = settled.detail;
  }
}

export function isServerError(error: unknown, code?: ErrorCode): error is ServerError {
  return error instanceof ServerError && (code === undefined || error.code === code);
}
