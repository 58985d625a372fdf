import { EventEmitter } from "node:events";
import type { Http2SecureServer, Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { constants, createSecureServer } from "node:http2";
import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { createSecureContext, TLSSocket } from "node:tls";
import type { TransportGate, TransportListener } from "../sdk/transport";
import { Http2Channel } from "./http2-channel";
import { Http2Connection, peerOf, SESSION_SETTINGS, WINDOW_BYTES } from "./http2-connection";
import { NO_TICKETS, setIdOfServerName } from "./server-name";

const HANDSHAKE_MILLISECONDS_MAX = 10_000;
/** Sockets of strangers and members together; a member holds one or two. */
const CONNECTIONS_MAX = 1_024;
/** Memory HTTP/2 may hold for one connection, MB: window, headers and what waits to be written. */
const SESSION_MEMORY_MEGABYTES = 64;

/**
 * The listening side of the cluster port. The server name chooses the replication set, the set's own authority verifies the
 * client's certificate during the handshake, and the gate decides about the proven peer before a frame is read.
 */
export class Http2Listener implements TransportListener {
  private readonly sockets = new Set<Socket>();
  private readonly server: Http2SecureServer;
  port = 0;

  constructor(
    readonly host: string,
    private readonly gate: TransportGate,
  ) {
    this.server = createSecureServer({
      minVersion: "TLSv1.3",
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: HANDSHAKE_MILLISECONDS_MAX,
      // Resumption would let a session outlive the verification of its certificate.
      secureOptions: NO_TICKETS,
      SNICallback: (name, done) => this.chooseSet(name, done),
      settings: SESSION_SETTINGS,
      maxSessionMemory: SESSION_MEMORY_MEGABYTES,
    });
    this.server.maxConnections = CONNECTIONS_MAX;
    this.server.on("connection", (socket: Socket) => this.track(socket));
    this.server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
      gate.refused(`handshake failed: ${error.message}`, socket.remoteAddress ?? "?");
    });
    this.server.on("session", (session: Http2Session) => this.greet(session));
    this.server.on("sessionError", () => undefined);
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(port, this.host, () => {
        const address = this.server.address();
        if (address !== null && typeof address === "object") this.port = address.port;
        this.server.off("error", reject);
        this.server.on("error", (error: Error) => this.gate.refused(`listener failed: ${error.message}`, "-"));
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    const closed = EventEmitter.once(this.server, "close");
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
  }

  private chooseSet(name: string, done: (error: Error | null, context?: SecureContext) => void): void {
    const setId = setIdOfServerName(name);
    const credentials = setId === undefined ? undefined : this.gate.credentialsOf(setId);
    if (credentials === undefined) {
      done(new Error("this cluster is not the primary of the replication set asked for"));
      return;
    }
    done(
      null,
      createSecureContext({
        minVersion: "TLSv1.3",
        ca: credentials.authorityCertificate,
        cert: credentials.certificate,
        key: credentials.privateKey,
        secureOptions: NO_TICKETS,
      }),
    );
  }

  private greet(session: Http2Session): void {
    const socket = session.socket instanceof TLSSocket ? session.socket : undefined;
    const setId = setIdOfServerName(String(socket === undefined ? "" : (serverNameOf(socket) ?? "")));
    const peer = socket === undefined || setId === undefined ? undefined : peerOf(socket, setId);
    if (peer === undefined || !this.gate.admits(peer)) {
      this.gate.refused("the certificate is not that of a member of the set", peer?.address ?? "?");
      session.on("error", () => undefined);
      session.destroy();
      return;
    }
    session.setLocalWindowSize(WINDOW_BYTES);
    const connection = new Http2Connection(peer, session);
    session.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) =>
      this.acceptChannel(connection, stream, headers),
    );
    this.gate.connected(connection);
  }

  private acceptChannel(connection: Http2Connection, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const kind = /^\/([a-z-]{1,32})$/.exec(String(headers[":path"]))?.[1];
    if (kind === undefined || headers[":method"] !== "POST" || !this.gate.admits(connection.peer)) {
      stream.on("error", () => undefined);
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    stream.respond({ ":status": 200 });
    const channel = connection.keep(new Http2Channel(kind, stream));
    stream.once("close", () => connection.forget(channel));
    this.gate.accept(channel, connection.peer).then(
      () => channel.end(),
      () => channel.destroy(),
    );
  }
}

function serverNameOf(socket: TLSSocket): string | undefined {
  const { servername } = socket as TLSSocket & { readonly servername?: string | false };
  return typeof servername === "string" ? servername : undefined;
}
