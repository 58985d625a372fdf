import { X509Certificate } from "node:crypto";
import type { Http2Server } from "node:http2";
import { createServer, type Server } from "node:tls";
import { type KeyedCertificate, privateKeyPem } from "./certificate";

/**
 * A TLS listener that lets in exactly one peer certificate and hands its sockets to `http2`. Comparing the certificate
 * itself is stricter than verifying a chain, and an empty list of authorities spares parsing the root store (28 ms).
 * Sockets of anybody else are destroyed before a byte of HTTP/2 is read.
 */
export function createPinnedServer(own: KeyedCertificate, peerCertificatePem: string, http2: Http2Server): Server {
  const expected = new X509Certificate(peerCertificatePem).raw;
  const server = createServer({
    cert: own.certificate.pem,
    key: privateKeyPem(own.privateKey),
    ca: [],
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    ALPNProtocols: ["h2"],
  });
  server.on("secureConnection", (socket) => {
    const peer = socket.getPeerX509Certificate();
    if (peer?.raw.equals(expected) === true && socket.alpnProtocol === "h2") http2.emit("connection", socket);
    else socket.destroy();
  });
  return server;
}
