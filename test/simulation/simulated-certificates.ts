import { createPrivateKey, createPublicKey, type KeyObject, sign, X509Certificate } from "node:crypto";
import type { Certificates, CertifiedKey } from "../../server/replication/role/certificates";
import type { Random } from "../../server/sdk/random";

/** Smallest real certificates (RFC 5280) over Ed25519 (RFC 8410): signatures are deterministic, and nothing is asynchronous. */
export function simulatedCertificates(random: Random): Certificates {
  return {
    createAuthority: (setId) => {
      const key = newKey(random);
      return Promise.resolve(certified(random, `authority of ${setId}`, key, `authority of ${setId}`, key));
    },
    issue: (authority, { name, usage }) => {
      const issuer = new X509Certificate(authority.certificate).subject.replace("CN=", "");
      const key = newKey(random);
      return Promise.resolve(
        certified(random, `${usage} ${name}`, key, issuer, createPrivateKey(authority.privateKey)),
      );
    },
    fingerprintOf,
  };
}

const KNOWN_MAX = 512;
const fingerprints = new Map<string, string>();
const verdicts = new Map<string, boolean>();

/** What depends on certificates alone is worked out once. */
function once<Value>(known: Map<string, Value>, name: string, work: () => Value): Value {
  const found = known.get(name);
  if (found !== undefined) return found;
  if (known.size >= KNOWN_MAX) known.clear();
  const value = work();
  known.set(name, value);
  return value;
}

export function fingerprintOf(certificate: string): string {
  return once(fingerprints, certificate, () => new X509Certificate(certificate).fingerprint256);
}

/** Whether the authority issued the certificate. */
export function isIssuedBy(certificate: string, authority: string): boolean {
  return once(verdicts, `${certificate}${authority}`, () =>
    new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey),
  );
}

const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const ED25519 = der(0x30, Buffer.from("06032b6570", "hex"));
const COMMON_NAME = Buffer.from("0603550403", "hex");
const VALIDITY = der(0x30, der(0x17, Buffer.from("200101000000Z")), der(0x17, Buffer.from("490101000000Z")));
const VERSION_3 = Buffer.from("a003020102", "hex");

function newKey(random: Random): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, random.bytes(32)]), format: "der", type: "pkcs8" });
}

function certified(
  random: Random,
  subject: string,
  key: KeyObject,
  issuer: string,
  issuerKey: KeyObject,
): CertifiedKey {
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const serial = der(0x02, Buffer.concat([Buffer.from([1]), random.bytes(15)]));
  const body = der(0x30, VERSION_3, serial, ED25519, nameOf(issuer), VALIDITY, nameOf(subject), publicKey);
  const signature = der(0x03, Buffer.from([0]), sign(null, body, issuerKey));
  return {
    certificate: new X509Certificate(der(0x30, body, ED25519, signature)).toString(),
    privateKey: key.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function nameOf(commonName: string): Buffer {
  return der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from(commonName)))));
}

/** One element of the Distinguished Encoding Rules, up to 64 KiB. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 255]), content]);
}
