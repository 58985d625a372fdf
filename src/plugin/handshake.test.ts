import { selfSignedCertificate, validFor } from "./certificate";
import { HandshakeError, handshakeLine, readHandshake } from "./handshake";

const COOKIE = { TF_PLUGIN_MAGIC_COOKIE: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2" };

test("reads what Terraform puts into the environment", () => {
  const environment = { ...COOKIE, PLUGIN_PROTOCOL_VERSIONS: "6,5", PLUGIN_CLIENT_CERT: "pem" };
  expect(readHandshake(environment)).toEqual({
    clientCertificatePem: "pem",
    socketDirectory: undefined,
    multiplexing: false,
  });
});

test.each([
  [{}, "started by Terraform"],
  [{ TF_PLUGIN_MAGIC_COOKIE: "other" }, "started by Terraform"],
  [{ ...COOKIE, PLUGIN_PROTOCOL_VERSIONS: "4,5" }, "needs plugin protocol 6"],
])("explains itself to %j", (environment, message) => {
  expect(() => readHandshake(environment)).toThrow(HandshakeError);
  expect(() => readHandshake(environment)).toThrow(message);
});

test("the line has six fields, and the certificate no padding", () => {
  const names = { commonName: "localhost", dnsNames: ["localhost"], ipAddresses: [] };
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const { certificate } = selfSignedCertificate(names, validFor(1, new Date()));
    const fields = handshakeLine({ network: "unix", address: "/tmp/p/socket" }, certificate, false).split("|");
    expect(fields.slice(0, 5)).toEqual(["1", "6", "unix", "/tmp/p/socket", "grpc"]);
    expect(fields[5]).toMatch(/^[A-Za-z0-9+/]{100,}$/);
    expect(Buffer.from(fields[5] ?? "", "base64").equals(certificate.der)).toBe(true);
  }
});

test("without TLS the certificate is empty, with multiplexing there is a seventh field", () => {
  expect(handshakeLine({ network: "tcp", address: "127.0.0.1:9" }, undefined, true)).toBe(
    "1|6|tcp|127.0.0.1:9|grpc||false",
  );
});
