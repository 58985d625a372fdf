import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import type { ServerError } from "../../sdk/errors";
import type { JsonObject } from "../../sdk/json";
import { parseJson, stringifyJson } from "../../sdk/json";
import { ActivationRefused } from "./activation-refusals";

/** Claims of an activation token: a wrapping token that says where it can be opened. */
export interface ActivationClaims {
  /** The wrapping token. */
  readonly jti: string;
  readonly accessor: string;
  /** API address of the cluster that made it; "" where that cluster does not know it. */
  readonly addr: string;
  readonly issuedAtSeconds: number;
  readonly expiresAtSeconds: number;
}

const HEADER = { alg: "ES512", typ: "JWT" } as const;
const TYPE = "wrapping";
/** Two clusters' clocks may differ by this much before a fresh token counts as expired on the secondary. */
const SKEW_SECONDS_MAX = 60;
const TOKEN_BYTES_MAX = 64 * 1024;
const CLAIM_LIMITS = { bytesMax: TOKEN_BYTES_MAX, depthMax: 2 };

/** A new signing key: P-521, PKCS#8 PEM. */
export function createSigningKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-521" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Signs the claims as a JWT (RFC 7519) with ES512 (RFC 7518, section 3.4). */
export function signActivationToken(claims: ActivationClaims, signingKeyPem: string): string {
  const payload = {
    accessor: claims.accessor,
    addr: claims.addr,
    exp: claims.expiresAtSeconds,
    iat: claims.issuedAtSeconds,
    jti: claims.jti,
    nbf: claims.issuedAtSeconds - SKEW_SECONDS_MAX,
    type: TYPE,
  };
  const signed = `${encodePart(stringifyJson(HEADER))}.${encodePart(stringifyJson(payload))}`;
  const key = createPrivateKey(signingKeyPem);
  const signature = sign("sha512", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

/** Whether a client's token has the form of an activation token rather than of a token of this server. */
export function looksLikeActivationToken(token: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(token);
}

/**
 * The claims as the token states them, nothing proven: what a secondary needs to find the primary, which alone can verify.
 * @throws invalid_request when it is no activation token or past its time
 */
export function readActivationToken(token: string, nowSeconds: number): ActivationClaims {
  const claims = decode(token).claims;
  if (claims.expiresAtSeconds + SKEW_SECONDS_MAX < nowSeconds) throw expired();
  return claims;
}

/**
 * The claims of a token that this cluster signed.
 * @throws invalid_request for a forged, altered or expired one
 */
export function verifyActivationToken(token: string, signingKeyPem: string, nowSeconds: number): ActivationClaims {
  const { claims, algorithm, signed, signature } = decode(token);
  const key = createPublicKey(createPrivateKey(signingKeyPem));
  const genuine =
    algorithm === HEADER.alg && verify("sha512", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }, signature);
  if (!genuine) {
    throw new ActivationRefused("altered", "the activation token was not made by this cluster, or was altered");
  }
  if (claims.expiresAtSeconds <= nowSeconds) throw expired();
  return claims;
}

function expired(): ServerError {
  return new ActivationRefused("expired", "the activation token has expired; make a new one on the primary");
}

function malformed(): ServerError {
  return new ActivationRefused(
    "malformed",
    "this is no activation token; make one with secondary-token on the primary",
  );
}

function encodePart(text: string): string {
  return Buffer.from(text).toString("base64url");
}

interface Decoded {
  readonly claims: ActivationClaims;
  readonly algorithm: string;
  readonly signed: string;
  readonly signature: Buffer;
}

function decode(token: string): Decoded {
  if (token.length > TOKEN_BYTES_MAX || !looksLikeActivationToken(token)) throw malformed();
  const [header = "", payload = "", signature = ""] = token.split(".");
  const claims = claimsOf(parsePart(payload));
  return {
    claims,
    algorithm: text(parsePart(header), "alg"),
    signed: `${header}.${payload}`,
    signature: Buffer.from(signature, "base64url"),
  };
}

function parsePart(part: string): JsonObject {
  try {
    const value = parseJson(Buffer.from(part, "base64url"), CLAIM_LIMITS);
    if (value instanceof Map) return value;
  } catch {
    // Falls through: whatever is wrong with it, it is no token.
  }
  throw malformed();
}

function claimsOf(object: JsonObject): ActivationClaims {
  if (text(object, "type") !== TYPE) throw malformed();
  return {
    jti: text(object, "jti"),
    accessor: text(object, "accessor"),
    addr: text(object, "addr"),
    issuedAtSeconds: seconds(object, "iat"),
    expiresAtSeconds: seconds(object, "exp"),
  };
}

function text(object: JsonObject, name: string): string {
  const value = object.get(name);
  if (typeof value !== "string") throw malformed();
  return value;
}

function seconds(object: JsonObject, name: string): number {
  const value = object.get(name);
  if (typeof value !== "number") throw malformed();
  return value;
}
