import type { RefusalReason } from "../sdk/transport";

/** What is known of a handshake that failed. */
export interface FailedHandshake {
  /** Node's or OpenSSL's code: `ERR_SSL_...`, `ERR_TLS_HANDSHAKE_TIMEOUT`, `ECONNRESET`. */
  readonly code: string | undefined;
  readonly message: string;
  /** Why the client's certificate was not accepted: OpenSSL's X509_V_ERR name. */
  readonly authorizationError: string | undefined;
}

const BY_CERTIFICATE: ReadonlyMap<string, RefusalReason> = new Map([
  ["CERT_HAS_EXPIRED", "certificate_expired"],
  ["CERT_NOT_YET_VALID", "certificate_expired"],
  ["INVALID_PURPOSE", "wrong_certificate"],
  ["CERT_REJECTED", "wrong_certificate"],
]);

const BY_CODE: ReadonlyMap<string, RefusalReason> = new Map([
  ["ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE", "no_certificate"],
  ["ERR_TLS_HANDSHAKE_TIMEOUT", "handshake_timeout"],
]);

/** OpenSSL's place in its own sources says nothing to an operator. */
const OPENSSL_PLACE = /^[0-9A-F]+:error:[0-9A-F]+:(.*?):\S+\.c:\d+:\s*$/s;

/** The counter that a failed handshake belongs to, and what the log says of it. */
export function handshakeRefusal(failed: FailedHandshake): { readonly reason: RefusalReason; readonly detail: string } {
  if (failed.authorizationError !== undefined) {
    const reason = BY_CERTIFICATE.get(failed.authorizationError) ?? "unknown_authority";
    return { reason, detail: `the client's certificate was not accepted: ${failed.authorizationError}` };
  }
  const reason = BY_CODE.get(failed.code ?? "") ?? "handshake_failed";
  return { reason, detail: OPENSSL_PLACE.exec(failed.message)?.[1] ?? failed.message };
}

/** Thrown to the handshake by whoever looks for the set: comes out of it as it is. */
export class UnknownSet extends Error {
  constructor() {
    super("this cluster is not the primary of the replication set asked for");
    this.name = "UnknownSet";
  }
}
