import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import {
  bitString,
  boolean,
  context,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from "./der";

/** Writes X.509 v3 certificates (RFC 5280) with P-256 keys and ECDSA-SHA256 signatures. */

const OID = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** RFC 5280 caps common names at 64 characters (ub-common-name). */
const COMMON_NAME_CHARACTERS_MAX = 64;
/** Clocks of two machines may disagree a little. */
const BACKDATED_SECONDS = 300;

export interface Certificate {
  readonly der: Buffer;
  readonly pem: string;
}

export interface KeyedCertificate {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
}

export interface Names {
  readonly commonName: string;
  /** Host names; a leading `*.` label is allowed. */
  readonly dnsNames: readonly string[];
  /** IPv4 or IPv6 in text form. Throws RangeError for anything else. */
  readonly ipAddresses: readonly string[];
}

export interface Validity {
  /** The start is backdated by five minutes. */
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export function generateP256Key(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

export function privateKeyPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** A validity of `days` from `start`. */
export function validFor(days: number, start: Date): Validity {
  return { notBefore: start, notAfter: new Date(start.getTime() + days * 86_400_000) };
}

/**
 * A certificate that is its own root, for one host. go-plugin's client takes it as the only root and then asks it for
 * `localhost`, so it is an authority and a server certificate in one.
 */
export function selfSignedCertificate(names: Names, validity: Validity): KeyedCertificate {
  const privateKey = generateP256Key();
  const certificate = writeCertificate({
    subject: names.commonName,
    publicKey: createPublicKey(privateKey),
    issuer: { name: names.commonName, privateKey },
    validity,
    extensions: [
      basicConstraints(true),
      keyUsage("signsCertificates", "signs"),
      extendedKeyUsage(),
      subjectAltName(names),
    ],
  });
  return { certificate, privateKey };
}

/** A root that signs leaf certificates and nothing else (path length 0). */
export function createAuthority(commonName: string, validity: Validity): KeyedCertificate {
  const privateKey = generateP256Key();
  const certificate = writeCertificate({
    subject: commonName,
    publicKey: createPublicKey(privateKey),
    issuer: { name: commonName, privateKey },
    validity,
    extensions: [basicConstraints(true, 0), keyUsage("signsCertificates")],
  });
  return { certificate, privateKey };
}

export interface Authority {
  readonly commonName: string;
  readonly privateKey: KeyObject;
}

/** A leaf for servers and clients (both extended key usages), signed by `authority`. */
export function issueLeaf(authority: Authority, names: Names, validity: Validity): KeyedCertificate {
  const privateKey = generateP256Key();
  const certificate = writeCertificate({
    subject: names.commonName,
    publicKey: createPublicKey(privateKey),
    issuer: { name: authority.commonName, privateKey: authority.privateKey },
    validity,
    extensions: [basicConstraints(false), keyUsage("signs"), extendedKeyUsage(), subjectAltName(names)],
  });
  return { certificate, privateKey };
}

interface CertificateContents {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly name: string; readonly privateKey: KeyObject };
  readonly validity: Validity;
  readonly extensions: readonly Buffer[];
}

function writeCertificate(contents: CertificateContents): Certificate {
  const { subject, publicKey, issuer, validity } = contents;
  const algorithm = sequence(objectIdentifier(OID.ecdsaWithSha256));
  const backdated = new Date(validity.notBefore.getTime() - BACKDATED_SECONDS * 1000);
  const extensions = [
    ...contents.extensions,
    extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
    extension(
      OID.authorityKeyIdentifier,
      sequence(context(0, false, keyIdentifier(createPublicKey(issuer.privateKey)))),
    ),
  ];
  const toBeSigned = sequence(
    context(0, true, integer(Buffer.from([2]))),
    integer(serialNumber()),
    algorithm,
    distinguishedName(issuer.name),
    sequence(time(backdated), time(validity.notAfter)),
    distinguishedName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    context(3, true, sequence(...extensions)),
  );
  const signature = sign("sha256", toBeSigned, { key: issuer.privateKey, dsaEncoding: "der" });
  const der = sequence(toBeSigned, algorithm, bitString(signature));
  return { der, pem: certificatePem(der) };
}

/** The PEM form (RFC 7468) of a DER certificate. */
export function certificatePem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** 20 octets at most and positive (RFC 5280, section 4.1.2.2). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes;
}

/** The SHA-1 of the public key's bits, as RFC 5280 section 4.2.1.2 suggests; an identifier, no security rests on it. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const point = publicKey.export({ type: "spki", format: "der" }).subarray(-65);
  return createHash("sha1").update(point).digest();
}

function distinguishedName(commonName: string): Buffer {
  if (commonName === "" || commonName.length > COMMON_NAME_CHARACTERS_MAX) {
    throw new RangeError(`a common name has 1 to ${COMMON_NAME_CHARACTERS_MAX} characters`);
  }
  return sequence(set(sequence(objectIdentifier(OID.commonName), utf8String(commonName))));
}

function extension(identifier: string, value: Buffer, critical = false): Buffer {
  const parts = [objectIdentifier(identifier), ...(critical ? [boolean(true)] : []), octetString(value)];
  return sequence(...parts);
}

function basicConstraints(authority: boolean, pathLength?: number): Buffer {
  const parts = authority ? [boolean(true)] : [];
  if (pathLength !== undefined) parts.push(integer(Buffer.from([pathLength])));
  return extension(OID.basicConstraints, sequence(...parts), true);
}

const USAGE_BIT = { signs: 0x80, signsCertificates: 0x04 } as const;

function keyUsage(...usages: readonly (keyof typeof USAGE_BIT)[]): Buffer {
  const bits = usages.reduce((sum, usage) => sum | USAGE_BIT[usage], 0);
  const unusedBits = 31 - Math.clz32(bits & -bits);
  return extension(OID.keyUsage, bitString(Buffer.from([bits]), unusedBits), true);
}

function extendedKeyUsage(): Buffer {
  return extension(OID.extendedKeyUsage, sequence(objectIdentifier(OID.serverAuth), objectIdentifier(OID.clientAuth)));
}

const DNS_NAME = /^(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;

function subjectAltName({ dnsNames, ipAddresses }: Names): Buffer {
  const hosts = dnsNames.map((name) => {
    if (!DNS_NAME.test(name)) throw new RangeError(`not a host name: ${name}`);
    return context(2, false, Buffer.from(name, "latin1"));
  });
  const addresses = ipAddresses.map((address) => context(7, false, ipOctets(address)));
  return extension(OID.subjectAltName, sequence(...hosts, ...addresses));
}

/** The 4 or 16 octets of an address in text form. */
export function ipOctets(address: string): Buffer {
  const version = isIP(address);
  if (version === 4) return Buffer.from(address.split(".").map(Number));
  if (version !== 6 || address.includes("%")) throw new RangeError(`not an IP address: ${address}`);
  return Buffer.from(ipv6Groups(address).flatMap((group) => [group >> 8, group & 0xff]));
}

function ipv6Groups(address: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text = dotted ? `${dotted[1]}${hexPair(dotted[2], dotted[3])}:${hexPair(dotted[4], dotted[5])}` : address;
  const [head = "", tail] = text.split("::");
  const left = groups(head);
  if (tail === undefined) return left;
  const right = groups(tail);
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}

function hexPair(high = "0", low = "0"): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}
