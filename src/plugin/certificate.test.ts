import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type TLSSocket } from "node:tls";
import fc from "fast-check";
import { createAuthority, ipOctets, issueLeaf, privateKeyPem, selfSignedCertificate, validFor } from "./certificate";

const atEnd: (() => void)[] = [];

function onTestEnd(action: () => void): void {
  atEnd.push(action);
}

afterEach(() => {
  for (const action of atEnd.splice(0)) action();
});

const NOW = new Date();
const LOCALHOST = { commonName: "localhost", dnsNames: ["localhost"], ipAddresses: [] };

test("the self-signed certificate is its own root and fits localhost", () => {
  const { certificate, privateKey } = selfSignedCertificate(LOCALHOST, validFor(1, NOW));
  const read = new X509Certificate(certificate.pem);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.checkIssued(read)).toBe(true);
  expect(read.ca).toBe(true);
  expect(read.checkHost("localhost")).toBe("localhost");
  expect(read.checkPrivateKey(privateKey)).toBe(true);
  expect(read.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
  expect(read.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
  expect(read.raw.equals(certificate.der)).toBe(true);
});

test("validity is what was asked for, backdated by five minutes, also beyond 2049", () => {
  const notAfter = new Date("2060-02-29T12:34:56Z");
  const { certificate } = selfSignedCertificate(LOCALHOST, { notBefore: new Date("2026-01-01T00:05:00Z"), notAfter });
  const read = new X509Certificate(certificate.pem);
  expect(new Date(read.validFrom).toISOString()).toBe("2026-01-01T00:00:00.000Z");
  expect(new Date(read.validTo)).toEqual(notAfter);
});

test("a leaf of an authority carries names and addresses and no authority", () => {
  const authority = createAuthority("Test authority", validFor(30, NOW));
  const names = {
    commonName: "node-1",
    dnsNames: ["node-1.example", "*.svc.example"],
    ipAddresses: ["127.0.0.1", "::1"],
  };
  const leaf = issueLeaf({ commonName: "Test authority", privateKey: authority.privateKey }, names, validFor(1, NOW));
  const read = new X509Certificate(leaf.certificate.pem);
  const root = new X509Certificate(authority.certificate.pem);
  expect(read.checkIssued(root)).toBe(true);
  expect(read.verify(root.publicKey)).toBe(true);
  expect(read.ca).toBe(false);
  expect(read.subjectAltName).toBe(
    "DNS:node-1.example, DNS:*.svc.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
  );
  expect(read.serialNumber).not.toBe(root.serialNumber);
});

test("two machines with leaves of one authority accept each other, and nobody else", async () => {
  const authority = createAuthority("Test authority", validFor(30, NOW));
  const issue = (commonName: string) =>
    issueLeaf(
      { commonName: "Test authority", privateKey: createPrivateKey(privateKeyPem(authority.privateKey)) },
      { commonName, dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] },
      validFor(1, NOW),
    );
  const [server, client] = [issue("server"), issue("client")];
  const ca = authority.certificate.pem;
  const listener = createServer({
    cert: server.certificate.pem,
    key: privateKeyPem(server.privateKey),
    ca,
    requestCert: true,
    rejectUnauthorized: true,
  });
  listener.on("tlsClientError", () => undefined);
  listener.on("secureConnection", (socket: TLSSocket) => socket.end("hello"));
  onTestEnd(() => listener.close());
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const greet = async (credentials: { cert?: string; key?: string; ca?: string }) => {
    const socket = connect({ port, host: "127.0.0.1", ...credentials });
    const [chunk]: unknown[] = await once(socket, "data");
    return String(chunk);
  };
  const key = privateKeyPem(client.privateKey);
  expect(await greet({ cert: client.certificate.pem, key, ca })).toBe("hello");
  await expect(greet({ ca })).rejects.toThrow();
  await expect(greet({ cert: client.certificate.pem, key })).rejects.toThrow(
    "self-signed certificate in certificate chain",
  );
});

test.each(["", "999.1.1.1", "1.2.3", "::g", "fe80::1%eth0", "a"])("%j is no address", (text) =>
  expect(() => ipOctets(text)).toThrow(RangeError),
);

test.each([
  ["10.0.0.1", "0a000001"],
  ["::", "0".repeat(32)],
  ["::ffff:1.2.3.4", "00000000000000000000ffff01020304"],
  ["2001:db8::8:800:200c:417a", "20010db80000000000080800200c417a"],
])("%s has its octets", (address, hex) => expect(ipOctets(address).toString("hex")).toBe(hex));

test("any address keeps its octets", () => {
  fc.assert(fc.property(fc.ipV6(), (address) => expect(ipOctets(address)).toHaveLength(16)));
});

test.each([{ commonName: "" }, { commonName: "a".repeat(65) }, { dnsNames: ["no host"] }, { dnsNames: [""] }])(
  "refuses names that are none: %j",
  (changes) => expect(() => selfSignedCertificate({ ...LOCALHOST, ...changes }, validFor(1, NOW))).toThrow(RangeError),
);
