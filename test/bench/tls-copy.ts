import { closeSync, createReadStream, fsyncSync, openSync, writeSync } from "node:fs";
import { connect, createServer } from "node:tls";
import { clusterCertificates } from "../../server/cluster/certificates";
import { systemClock } from "../../server/sdk/clock";
import { systemRandom } from "../../server/sdk/random";

/**
 * A file copied over TLS 1.3 on loopback, each side in a process of its own, the limit of every snapshot:
 *   send FILE             serves the file once to each who connects; prints `port certificate-base64`
 *   receive PORT CA TO    fetches it and syncs it to the disk; prints milliseconds
 */
const [, , side, ...args] = process.argv;
const SERVER_NAME = "copy.bench";

async function send(file: string): Promise<void> {
  const certificates = clusterCertificates(systemClock, systemRandom);
  const authority = await certificates.createAuthority(SERVER_NAME);
  const request = { setId: SERVER_NAME, name: SERVER_NAME, usage: "server" } as const;
  const { certificate, privateKey } = await certificates.issue(authority, request);
  const server = createServer({ cert: certificate, key: privateKey, minVersion: "TLSv1.3" }, (socket) => {
    socket.on("error", () => undefined);
    createReadStream(file, { highWaterMark: 1024 * 1024 }).pipe(socket);
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    process.stdout.write(`${port} ${Buffer.from(authority.certificate).toString("base64")}\n`);
  });
}

function receive(port: number, certificate: string, to: string): void {
  const started = performance.now();
  const file = openSync(to, "w");
  const expected = Buffer.from(certificate, "base64").toString();
  // Signed by the authority made for this copy alone: the name has nothing to prove.
  const socket = connect({ port, host: "127.0.0.1", ca: expected, checkServerIdentity: () => undefined });
  socket.on("data", (chunk: Buffer) => writeSync(file, chunk));
  socket.on("end", () => {
    fsyncSync(file);
    closeSync(file);
    process.stdout.write(`${performance.now() - started}\n`);
  });
}

if (side === "send") void send(args[0] ?? "");
else receive(Number(args[0]), args[1] ?? "", args[2] ?? "");
