import { connect as connectHttp2 } from "node:http2";
import type { TLSSocket } from "node:tls";
import { connect as connectTls } from "node:tls";
import type { DialOptions, PeerConnection, Transport, TransportGate, TransportListener } from "../sdk/transport";
import { parseClusterAddress, TransportClosed } from "../sdk/transport";
import { Http2Connection, peerOf, SESSION_MEMORY_MEGABYTES, SESSION_SETTINGS, WINDOW_BYTES } from "./http2-connection";
import { Http2Listener } from "./http2-listener";
import { serverName } from "./server-name";

/** The cluster port over HTTP/2 and mutual TLS 1.3. */
export const http2Transport: Transport = {
  async listen(host: string, port: number, gate: TransportGate): Promise<TransportListener> {
    const listener = new Http2Listener(host, gate);
    await listener.listen(port);
    return listener;
  },

  async dial(options: DialOptions): Promise<PeerConnection> {
    const socket = await connectSocket(options);
    const peer = peerOf(socket, options.setId);
    if (peer === undefined) {
      socket.destroy();
      throw new TransportClosed(`${options.address} did not prove that it is the set's primary`);
    }
    const session = connectHttp2(`https://${serverName(options.setId)}`, {
      createConnection: () => socket,
      settings: SESSION_SETTINGS,
      maxSessionMemory: SESSION_MEMORY_MEGABYTES,
    });
    session.once("connect", () => {
      // Who dialled may have dropped it by then.
      if (!session.destroyed) session.setLocalWindowSize(WINDOW_BYTES);
    });
    return new Http2Connection(peer, session);
  },
};

function connectSocket(options: DialOptions): Promise<TLSSocket> {
  const address = parseClusterAddress(options.address);
  if (address === undefined) {
    return Promise.reject(new TransportClosed(`${options.address} is no cluster address (host:port)`));
  }
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: address.host,
      port: address.port,
      servername: serverName(options.setId),
      ca: options.credentials.authorityCertificate,
      cert: options.credentials.certificate,
      key: options.credentials.privateKey,
      minVersion: "TLSv1.3",
      ALPNProtocols: ["h2"],
    });
    const abort = (): void => {
      socket.destroy(new TransportClosed(`connecting to ${options.address} was given up`));
    };
    options.signal.addEventListener("abort", abort, { once: true });
    if (options.signal.aborted) abort();
    socket.once("error", (error: Error) => {
      options.signal.removeEventListener("abort", abort);
      reject(new TransportClosed(`${options.address}: ${error.message}`, { cause: error }));
    });
    socket.once("secureConnect", () => {
      options.signal.removeEventListener("abort", abort);
      resolve(socket);
    });
  });
}
