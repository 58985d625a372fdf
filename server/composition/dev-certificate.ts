import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type * as X509 from "@peculiar/x509";
import type { Clock } from "../sdk/clock";
import type { Random } from "../sdk/random";

export interface DevTls {
  /** PEM texts. */
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
  /** Files that were written; empty without a directory. */
  readonly authorityFile: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const LIFETIME_MILLISECONDS = 30 * 86_400_000;
const SKEW_MILLISECONDS = 3_600_000;

/** Makes an authority and a certificate for loopback, good for 30 days, and writes them where clients can find them. */
export async function makeDevTls(clock: Clock, random: Random, directory: string): Promise<DevTls> {
  // @peculiar/x509: a maintained certificate writer on WebCrypto; loaded only where a certificate is made.
  require("reflect-metadata");
  const x509: typeof X509 = require("@peculiar/x509");
  const now = clock.nowMilliseconds();
  const validity = { notBefore: new Date(now - SKEW_MILLISECONDS), notAfter: new Date(now + LIFETIME_MILLISECONDS) };
  const authorityKeys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `0${random.bytes(15).toString("hex").slice(1)}`,
    name: "CN=development authority",
    ...validity,
    signingAlgorithm: ALGORITHM,
    keys: authorityKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: `0${random.bytes(15).toString("hex").slice(1)}`,
    subject: "CN=localhost",
    issuer: authority.subject,
    ...validity,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: "dns", value: "localhost" },
        { type: "ip", value: "127.0.0.1" },
        { type: "ip", value: "::1" },
      ]),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth], true),
    ],
  });
  const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const made = {
    authority: authority.toString("pem"),
    certificate: leaf.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${key.replace(/(.{64})/g, "$1\n").trimEnd()}\n-----END PRIVATE KEY-----\n`,
  };
  return { ...made, authorityFile: writeFiles(directory, made) };
}

function writeFiles(directory: string, made: Omit<DevTls, "authorityFile">): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const authorityFile = join(directory, "meridian-ca.pem");
  writeFileSync(authorityFile, made.authority, { mode: 0o600 });
  writeFileSync(join(directory, "meridian-cert.pem"), made.certificate, { mode: 0o600 });
  writeFileSync(join(directory, "meridian-key.pem"), made.key, { mode: 0o600 });
  return authorityFile;
}
