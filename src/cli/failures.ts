/** No server answered, or none that is trusted. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  constructor(
    readonly address: string,
    /** Such as ECONNREFUSED. */
    readonly code: string,
  ) {
    super(`no answer from ${address} (${code})`);
  }
}

/** A server answered and refused. Texts come from the server, without the secrets that were sent. */
export class RefusalError extends Error {
  override readonly name = "RefusalError";
  constructor(
    readonly method: string,
    /** The whole URL without its query. */
    readonly url: string,
    readonly status: number,
    readonly errors: readonly string[],
    /** Whether the request carried a token. */
    readonly hadToken: boolean,
  ) {
    super(`${method} ${url} answered ${status}`);
  }

  get isSealed(): boolean {
    return this.status === 503 && this.errors.some((text) => /sealed/i.test(text));
  }
}

/** Something on this machine that is not a matter of how the command was typed. */
export class LocalError extends Error {
  override readonly name = "LocalError";
}

const TLS_CODES = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|CERT_|ERR_TLS_CERT_)/;
const NOT_TLS_CODES = /^(EPROTO|ERR_SSL_)/;

/** What to do about a server that does not answer. */
export function transportAdvice({ code, address }: TransportError): string {
  if (TLS_CODES.test(code))
    return "Its certificate is not trusted: name the authority that signed it with -ca-cert or MERIDIAN_CACERT, and use a host name that is in the certificate.";
  if (NOT_TLS_CODES.test(code)) return `Does the server speak plain HTTP? Then the address begins with http://`;
  if (["ENOTFOUND", "EAI_AGAIN"].includes(code)) return "The host name is not known: check -address or MERIDIAN_ADDR.";
  if (code === "ECONNREFUSED")
    return 'Is the server running, and is the address right (-address or MERIDIAN_ADDR)? "meridian server -dev" starts one to try things out.';
  if (["ECONNRESET", "HPE_INVALID_CONSTANT"].includes(code) && address.startsWith("http:"))
    return "Does the server speak TLS? Then the address begins with https://";
  return "Check that the server runs and that its address is right (-address or MERIDIAN_ADDR).";
}

const ADVICE: ReadonlyMap<number, string> = new Map([
  [307, "This node stands by: name the active one with -address."],
  [
    404,
    "There is nothing at this path: check its spelling, and that its engine is mounted and not filtered on this cluster.",
  ],
  [412, "The cluster has not yet received a write that this depends on: try again."],
  [429, "A quota was reached, or the node stands by."],
  [472, "The cluster is a DR secondary, which serves nothing until it is promoted."],
  [473, "The node is a performance standby: ask the active one."],
  [501, 'The server is not initialised: run "meridian operator init".'],
  [503, 'The server is sealed or changing its role: see "meridian status" and "meridian replication status".'],
]);

/** What to do about a refusal; undefined if its own texts say it. */
export function refusalAdvice(error: RefusalError): string | undefined {
  if (error.errors.some((text) => /not initialized/i.test(text))) return ADVICE.get(501);
  if (error.isSealed) return 'The server is sealed: unseal it with "meridian operator unseal".';
  if (error.status === 403 && !error.hadToken)
    return 'No token was given: run "meridian login", or set -token or MERIDIAN_TOKEN.';
  if (error.status === 403)
    return "The token in use does not allow this: check its policies, whether it has expired, and whether it was issued by another cluster.";
  return ADVICE.get(error.status);
}
