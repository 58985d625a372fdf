import { bearerOf } from "./framing";
import type { HttpRequest } from "./message";

/** What a request says in its headers, typed. Nothing is judged here but the form. */
export interface VaultHeaders {
  /** `X-Vault-Token` or `Authorization: Bearer`; undefined when neither is there or it is empty. */
  readonly token: string | undefined;
  /** Without the slashes at its ends; "" when there is none. */
  readonly namespace: string;
  /** Duration as sent ("60", "5m"). */
  readonly wrapTtl: string | undefined;
  readonly wrapFormat: string | undefined;
  /** Replication states the client has seen; each is opaque here. */
  readonly indexes: readonly string[];
  /** What to do when an index is not there yet ("forward-active-node", "fail"...). */
  readonly inconsistent: string | undefined;
  /** "active-node" asks for forwarding. */
  readonly forward: string | undefined;
  readonly noRequestForwarding: boolean;
  /** `X-Vault-Request: true`. */
  readonly vaultRequest: boolean;
  readonly mfa: readonly string[];
  readonly policyOverride: boolean;
  readonly contentType: string | undefined;
}

const NONE: readonly string[] = [];

export function vaultHeadersOf(request: HttpRequest): VaultHeaders {
  const { headers } = request;
  return {
    token: tokenOf(request),
    namespace: trimSlashes(headers.get("x-vault-namespace") ?? ""),
    wrapTtl: headers.get("x-vault-wrap-ttl"),
    wrapFormat: headers.get("x-vault-wrap-format"),
    indexes: linesOf(request, "x-vault-index"),
    inconsistent: headers.get("x-vault-inconsistent"),
    forward: headers.get("x-vault-forward"),
    noRequestForwarding: isSet(headers.get("x-vault-no-request-forwarding")),
    vaultRequest: headers.get("x-vault-request") === "true",
    mfa: linesOf(request, "x-vault-mfa"),
    policyOverride: isSet(headers.get("x-vault-policy-override")),
    contentType: headers.get("content-type"),
  };
}

/** The codec refused requests whose two token headers differ, so it does not matter which one is read. */
export function tokenOf(request: HttpRequest): string | undefined {
  const token = request.headers.get("x-vault-token");
  if (token !== undefined && token !== "") return token;
  const authorization = request.headers.get("authorization");
  const bearer = authorization === undefined ? undefined : bearerOf(authorization);
  return bearer === "" ? undefined : bearer;
}

function linesOf(request: HttpRequest, name: string): readonly string[] {
  return request.headers.get(name) === undefined ? NONE : request.headers.all(name);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && parseGoBoolean(value) !== false;
}

function trimSlashes(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text[start] === "/") start++;
  while (end > start && text[end - 1] === "/") end--;
  return text.slice(start, end);
}

const GO_BOOLEANS = new Map<string, boolean>([
  ...["1", "t", "T", "TRUE", "true", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "FALSE", "false", "False"].map((text) => [text, false] as const),
]);

/** Go's `strconv.ParseBool`; undefined for any other text. */
export function parseGoBoolean(text: string): boolean | undefined {
  return GO_BOOLEANS.get(text);
}
