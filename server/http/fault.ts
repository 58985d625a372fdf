/** Why bytes are not an acceptable request. The connection is closed after its answer: what follows cannot be trusted. */
export interface HttpFault {
  readonly status: 400 | 408 | 413 | 414 | 417 | 431 | 501 | 505;
  /** Sent to the client; a fixed text that never holds any byte of the request. */
  readonly reason: string;
}

const made = new Map<string, HttpFault>();

/** Faults are values, not exceptions: hostile input must not cost a stack trace. */
export function fault(status: HttpFault["status"], reason: string): HttpFault {
  const key = `${status} ${reason}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const row: HttpFault = Object.freeze({ status, reason });
  made.set(key, row);
  return row;
}
