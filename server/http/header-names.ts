import { TOKEN_LOWER } from "./grammar";

/** What the codec itself has to do with a header. */
export type HeaderRole =
  | "none"
  | "host"
  | "connection"
  | "content-length"
  | "transfer-encoding"
  | "expect"
  | "authorization"
  | "token";

export interface HeaderName {
  /** Lower case. */
  readonly name: string;
  readonly role: HeaderRole;
  /** A second line of this name is refused: two readers could disagree on which one counts. */
  readonly singular: boolean;
}

/** Headers the protocol itself defines as lists, one line for each value (several MFA methods, several index states). */
const REPEATABLE_VAULT_NAMES = new Set(["x-vault-mfa", "x-vault-index"]);

const SINGULAR_NAMES = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "content-type",
  "expect",
  "authorization",
]);

const ROLES = new Map<string, HeaderRole>([
  ["host", "host"],
  ["connection", "connection"],
  ["content-length", "content-length"],
  ["transfer-encoding", "transfer-encoding"],
  ["expect", "expect"],
  ["authorization", "authorization"],
  ["x-vault-token", "token"],
]);

/**
 * Header names this server meets, written once: a known name costs a hash and a compare instead of a new string, and
 * two equal known names are the same string.
 */
const KNOWN_NAMES = [
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "content-type",
  "content-encoding",
  "accept",
  "accept-encoding",
  "accept-language",
  "authorization",
  "user-agent",
  "expect",
  "te",
  "upgrade",
  "keep-alive",
  "cache-control",
  "pragma",
  "origin",
  "referer",
  "cookie",
  "if-none-match",
  "if-modified-since",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-real-ip",
  "x-request-id",
  "traceparent",
  "tracestate",
  "sec-fetch-mode",
  "sec-fetch-site",
  "sec-fetch-dest",
  "access-control-request-method",
  "access-control-request-headers",
  "x-vault-token",
  "x-vault-request",
  "x-vault-namespace",
  "x-vault-wrap-ttl",
  "x-vault-wrap-format",
  "x-vault-index",
  "x-vault-inconsistent",
  "x-vault-forward",
  "x-vault-no-request-forwarding",
  "x-vault-mfa",
  "x-vault-policy-override",
] as const;

const SLOTS = 256;
const slots: HeaderName[][] = Array.from({ length: SLOTS }, () => []);
for (const name of KNOWN_NAMES) slotOf(hashOf(name)).push(describe(name));

/** One step of the hash a scanner computes along the way over lower-case bytes. */
export function hashStep(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

/** The name in bytes[start, end), all of which are token bytes. */
export function headerNameOf(bytes: Buffer, start: number, end: number, hash: number): HeaderName {
  for (const known of slotOf(hash)) {
    if (known.name.length === end - start && equals(known.name, bytes, start)) return known;
  }
  return describe(bytes.toString("latin1", start, end).toLowerCase());
}

function describe(name: string): HeaderName {
  const vaultName = name.startsWith("x-vault-") && !REPEATABLE_VAULT_NAMES.has(name);
  return { name, role: ROLES.get(name) ?? "none", singular: vaultName || SINGULAR_NAMES.has(name) };
}

function hashOf(name: string): number {
  let hash = 0;
  for (let index = 0; index < name.length; index++) hash = hashStep(hash, name.charCodeAt(index));
  return hash;
}

function slotOf(hash: number): HeaderName[] {
  return slots[(hash ^ (hash >>> 8)) & (SLOTS - 1)] ?? [];
}

function equals(name: string, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < name.length; index++) {
    if (TOKEN_LOWER[bytes[start + index] ?? 0] !== name.charCodeAt(index)) return false;
  }
  return true;
}
