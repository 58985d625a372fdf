import * as net from "node:net";
import * as tls from "node:tls";
import "reflect-metadata";
import { X509CertificateGenerator } from "@peculiar/x509";
import { systemClock } from "../sdk/clock";
import type { HttpListener, TlsIdentity } from "./listener";
import { listenForTest, Peer, statusesIn } from "./test-peer";

const GET = "GET /v1/a HTTP/1.1\r\nHost: h\r\n\r\n";
const DAY_MILLISECONDS = 86_400_000;

async function selfSigned(name: string): Promise<TlsIdentity & { readonly der: Buffer }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const now = systemClock.nowMilliseconds();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(now - DAY_MILLISECONDS),
    notAfter: new Date(now + DAY_MILLISECONDS),
    signingAlgorithm: algorithm,
    keys,
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`;
  return { certificate: certificate.toString("pem"), key, der: Buffer.from(certificate.rawData) };
}

describe("a TLS listener", () => {
  let listener: HttpListener;
  let first: TlsIdentity;
  const chains: (readonly Buffer[])[] = [];

  beforeAll(async () => {
    first = await selfSigned("first");
    listener = await listenForTest({
      tls: first,
      limits: { handshakeSecondsMax: 1 },
      handler: ({ connection }) => {
        chains.push(connection.peerCertificateChain());
        return { status: 200, body: String(connection.secure) };
      },
    });
  });

  afterAll(() => listener.stop(0));

  function connect(options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
    return new Promise((resolve, reject) => {
      const { port } = listener.address;
      const socket = tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
      socket.once("secureConnect", () => resolve(socket));
      socket.once("error", reject);
    });
  }

  async function get(socket: tls.TLSSocket): Promise<string> {
    const peer = Peer.over(socket);
    peer.send(GET);
    const received = await peer.until((text) => text.includes("true"));
    peer.destroy();
    return received;
  }

  test("speaks http/1.1 and nothing else", async () => {
    const socket = await connect({ ALPNProtocols: ["h2", "http/1.1"] });
    expect(socket.alpnProtocol).toBe("http/1.1");
    expect(statusesIn(await get(socket))).toEqual([200]);
    expect(statusesIn(await get(await connect()))).toEqual([200]);
    await expect(connect({ ALPNProtocols: ["h2"] })).rejects.toThrow(/no application protocol/i);
  });

  test("refuses TLS below 1.2", async () => {
    await expect(
      connect({ maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT:@SECLEVEL=0" }),
    ).rejects.toThrow();
    expect((await connect({ maxVersion: "TLSv1.2" })).getProtocol()).toBe("TLSv1.2");
  });

  test("hands on the client's certificate as DER, and goes on without one", async () => {
    const client = await selfSigned("client");
    chains.length = 0;
    await get(await connect());
    await get(await connect({ cert: client.certificate, key: client.key }));
    expect(chains).toEqual([[], [client.der]]);
  });

  test("serves a new certificate to new connections and keeps the open ones", async () => {
    const open = await connect();
    const second = await selfSigned("second");
    listener.setTlsIdentity(second);
    expect((await connect()).getPeerX509Certificate()?.raw.equals(second.der)).toBe(true);
    expect(statusesIn(await get(open))).toEqual([200]);
    expect(() => listener.setTlsIdentity({ certificate: second.certificate, key: first.key })).toThrow();
    expect((await connect()).getPeerX509Certificate()?.raw.equals(second.der)).toBe(true);
  });

  test("survives garbage and ends a handshake that does not come", async () => {
    const silent = await Peer.connect(listener.address.port);
    const garbage = await Peer.connect(listener.address.port);
    garbage.send(GET);
    await garbage.untilClosed();
    await silent.untilClosed();
    const reset = net.connect(listener.address.port, "127.0.0.1", () => reset.resetAndDestroy());
    await new Promise((resolve) => reset.once("close", resolve));
    expect(statusesIn(await get(await connect()))).toEqual([200]);
  });
});
