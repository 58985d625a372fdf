import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { dirname } from "node:path";
import { writeFileAtomically } from "../operator/atomic-write";
import { errorCode } from "../operator/error-code";
import { createAuthority, issueLeaf, privateKeyPem, validFor } from "../plugin/certificate";
import { nodeFiles } from "./node-files";
import type { NodeSettings } from "./node-settings";

const AUTHORITY_DAYS = 3650;
/** The longest life that all TLS clients accept. */
const LEAF_DAYS = 398;
const RENEWED_DAYS_BEFORE_END = 30;
const DAY_MS = 86_400_000;

/**
 * Sees to it that the node has an authority of its own and a certificate for all its names, and renews the certificate
 * when its names changed or its end is near. Keys never leave the directory.
 *
 * @returns the authority's certificate, PEM.
 */
export async function ensureCertificate(settings: NodeSettings, now: Date): Promise<string> {
  const files = nodeFiles(settings.directory);
  await mkdir(dirname(files.authority), { recursive: true, mode: 0o700 });
  const authority = (await readAuthority(settings)) ?? (await makeAuthority(settings, now));
  const names = certificateNames(settings);
  if (!(await isCurrent(files.certificate, authority.pem, names, now))) {
    const leaf = issueLeaf(authority, { commonName: settings.name, ...names }, validFor(LEAF_DAYS, now));
    await writeFileAtomically(files.certificateKey, privateKeyPem(leaf.privateKey));
    await writeFileAtomically(files.certificate, leaf.certificate.pem);
  }
  return authority.pem;
}

/** Whether its certificate is there, has all its names and does not end soon. Changes nothing. */
export async function hasCurrentCertificate(settings: NodeSettings, now: Date): Promise<boolean> {
  const files = nodeFiles(settings.directory);
  const authority = await readIfPresent(files.authority);
  if (authority === undefined) return false;
  return isCurrent(files.certificate, authority, certificateNames(settings), now);
}

interface CertificateNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

export function certificateNames(settings: Pick<NodeSettings, "name" | "address" | "tlsNames">): CertificateNames {
  const all = [...new Set(["localhost", settings.name, "127.0.0.1", "::1", settings.address, ...settings.tlsNames])];
  const wildcard = new Set(["0.0.0.0", "::"]);
  return {
    dnsNames: all.filter((name) => isIP(name) === 0),
    ipAddresses: all.filter((name) => isIP(name) !== 0 && !wildcard.has(name)),
  };
}

async function readAuthority({ directory, name }: NodeSettings) {
  const files = nodeFiles(directory);
  const [pem, keyPem] = [await readIfPresent(files.authority), await readIfPresent(files.authorityKey)];
  if (pem === undefined || keyPem === undefined) return undefined;
  return { commonName: authorityName(name), privateKey: createPrivateKey(keyPem), pem };
}

async function makeAuthority({ directory, name }: NodeSettings, now: Date) {
  const files = nodeFiles(directory);
  const { certificate, privateKey } = createAuthority(authorityName(name), validFor(AUTHORITY_DAYS, now));
  await writeFileAtomically(files.authorityKey, privateKeyPem(privateKey));
  await writeFileAtomically(files.authority, certificate.pem);
  return { commonName: authorityName(name), privateKey, pem: certificate.pem };
}

/** At most 64 characters (RFC 5280), and node names have up to 63. */
function authorityName(name: string): string {
  return `${name.slice(0, 50)} authority`;
}

async function isCurrent(file: string, authorityPem: string, names: CertificateNames, now: Date): Promise<boolean> {
  const certificate = parsed(await readIfPresent(file));
  if (certificate === undefined) return false;
  const authority = new X509Certificate(authorityPem);
  const endsMs = Date.parse(certificate.validTo);
  const covers =
    names.dnsNames.every((name) => certificate.checkHost(name) !== undefined) &&
    names.ipAddresses.every((address) => certificate.checkIP(address) !== undefined);
  return covers && certificate.verify(authority.publicKey) && endsMs - now.getTime() > RENEWED_DAYS_BEFORE_END * DAY_MS;
}

/** A damaged one counts as none: it is made anew. */
function parsed(pem: string | undefined): X509Certificate | undefined {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
