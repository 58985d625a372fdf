import { webcrypto, X509Certificate } from "node:crypto";
import type * as X509 from "@peculiar/x509";
import { sha256 } from "../sdk/crypto";
import type { Random } from "../sdk/random";
import { serverName } from "./server-name";

/** A certificate and its private key. */
export interface KeyedCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS#8. */
  readonly privateKey: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MILLISECONDS = 86_400_000;
/** Certificates live as long as their set: who is let in is decided by membership, looked up at every connection. */
const AUTHORITY_DAYS = 20 * 365;
const MEMBER_DAYS = 10 * 365;
/** Clocks of two clusters may differ. */
const BACKDATED_MILLISECONDS = 3_600_000;

/** Loaded at the first use: a server without replication does not pay for it. */
function library(): typeof X509 {
  require("reflect-metadata");
  return require("@peculiar/x509");
}

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

function validity(nowMilliseconds: number, days: number): Validity {
  return {
    notBefore: new Date(nowMilliseconds - BACKDATED_MILLISECONDS),
    notAfter: new Date(nowMilliseconds + days * DAY_MILLISECONDS),
  };
}

/** RFC 5280, section 4.1.2.2: positive and at most 20 bytes. */
function serialNumber(random: Random): string {
  const bytes = random.bytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/(.{64})/g, "$1\n").trimEnd()}\n-----END PRIVATE KEY-----\n`;
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ""), "base64");
  return await webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
}

/** Makes the authority of a new replication set: P-256, able to sign members and nothing below them. */
export async function createAuthority(
  setId: string,
  nowMilliseconds: number,
  random: Random,
): Promise<KeyedCertificate> {
  const x509 = library();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(random),
    name: `CN=replication set ${setId}`,
    ...validity(nowMilliseconds, AUTHORITY_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), privateKey: await exportKey(keys.privateKey) };
}

export interface MemberRequest {
  readonly setId: string;
  /** Common name: the secondary's id, or the primary's cluster id. */
  readonly name: string;
  readonly usage: "client" | "server";
  readonly nowMilliseconds: number;
  /** Default: as long as the set is meant to live. */
  readonly lifetimeMilliseconds?: number;
}

/** Signs a certificate for one member. A client's cannot serve and a server's cannot dial (extended key usage). */
export async function issueMember(
  authority: KeyedCertificate,
  request: MemberRequest,
  random: Random,
): Promise<KeyedCertificate> {
  const x509 = library();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const issuer = new x509.X509Certificate(authority.certificate);
  const lifetime = validity(request.nowMilliseconds, MEMBER_DAYS);
  const notAfter =
    request.lifetimeMilliseconds === undefined
      ? lifetime.notAfter
      : new Date(request.nowMilliseconds + request.lifetimeMilliseconds);
  const usage = request.usage === "client" ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(random),
    issuer: issuer.subject,
    subject: new x509.Name([{ CN: [request.name] }]).toString(),
    notBefore: lifetime.notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.privateKey),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage], true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(request.usage === "server"
        ? [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: serverName(request.setId) }])]
        : []),
    ],
  });
  return { certificate: certificate.toString("pem"), privateKey: await exportKey(keys.privateKey) };
}

/** SHA-256 of the certificate's DER form, lower-case hex: how members are known. */
export function fingerprintOf(certificatePem: string): string {
  return sha256(new X509Certificate(certificatePem).raw).toString("hex");
}

/** Certificate PEM <-> base64 of DER, as the activation bundle carries it. */
export function certificateToBase64(certificatePem: string): string {
  return new X509Certificate(certificatePem).raw.toString("base64");
}

/** @throws when the text is no certificate */
export function certificateFromBase64(base64: string): string {
  return new X509Certificate(Buffer.from(base64, "base64")).toString();
}
