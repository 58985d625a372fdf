import { EventEmitter } from "node:events";
import type { Http2SecureServer, Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { constants, createSecureServer } from "node:http2";
import type { DropArgument, Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { createSecureContext, TLSSocket } from "node:tls";
import type { RefusalReason, TransportGate, TransportListener } from "../sdk/transport";
import { CHANNELS_PER_CONNECTION_MAX } from "../sdk/transport";
import { handshakeRefusal, UnknownSet } from "./handshake-refusal";
import { HeldBytes } from "./held-bytes";
import { Http2Channel } from "./http2-channel";
import { Http2Connection, peerOf, SESSION_MEMORY_MEGABYTES, SESSION_SETTINGS, WINDOW_BYTES } from "./http2-connection";
import { type Endpoint, PendingHandshakes } from "./pending-handshakes";
import { NO_TICKETS, setIdOfServerName } from "./server-name";

const HANDSHAKE_MILLISECONDS_MAX = 10_000;
/** Sockets of strangers and members together; a member holds one or two. */
const CONNECTIONS_MAX = 1_024;
/** Sockets of one address that have not finished their handshake. */
const PENDING_PER_ADDRESS_MAX = 64;
/** Of unfinished frames on all channels of one connection; forwarded requests may have bodies of 32 MiB. */
const HELD_BYTES_MAX = 256 * 1024 * 1024;
/** Channels over the limit, and malformed frames, that one connection may try before it is dropped. */
const REJECTED_MAX = 100;
/** Errors of a session that the peer's bytes cause; a lost connection is none of them. */
const BROKEN_FRAMING: ReadonlySet<string> = new Set(["ERR_HTTP2_ERROR", "ERR_HTTP2_TOO_MANY_INVALID_FRAMES"]);
const NOT_A_MEMBER =
  "the certificate is not that of a living member of the set: the secondary was revoked, or a newer activation token for its id has replaced this one";

/**
 * The listening side of the cluster port. The server name chooses the replication set, the set's own authority verifies the
 * client's certificate during the handshake, and the gate decides about the proven peer before a frame is read.
 */
export class Http2Listener implements TransportListener {
  private readonly sockets = new Set<Socket>();
  private readonly pending = new PendingHandshakes(PENDING_PER_ADDRESS_MAX);
  private readonly server: Http2SecureServer;
  port = 0;

  constructor(
    readonly host: string,
    private readonly gate: TransportGate,
    handshakeMilliseconds = HANDSHAKE_MILLISECONDS_MAX,
  ) {
    this.server = createSecureServer({
      minVersion: "TLSv1.3",
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: handshakeMilliseconds,
      // Resumption would let a session outlive the verification of its certificate.
      secureOptions: NO_TICKETS,
      SNICallback: (name, done) => this.chooseSet(name, done),
      settings: SESSION_SETTINGS,
      maxSessionMemory: SESSION_MEMORY_MEGABYTES,
      maxSessionRejectedStreams: REJECTED_MAX,
      maxSessionInvalidFrames: REJECTED_MAX,
    });
    this.server.maxConnections = CONNECTIONS_MAX;
    this.server.on("connection", (socket: Socket) => this.track(socket));
    this.server.on("drop", (dropped?: DropArgument) => this.gate.refused("too_many_connections", textOf(dropped)));
    this.server.on("secureConnection", (socket: TLSSocket) => this.pending.remove(endpointOf(socket)));
    this.server.on("tlsClientError", (error: NodeJS.ErrnoException, socket: TLSSocket) => this.failed(error, socket));
    this.server.on("unknownProtocol", (socket: TLSSocket) => {
      gate.refused("handshake_failed", textOfSocket(socket), "the client speaks no HTTP/2");
      socket.destroy();
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
        this.server.on("error", (error: Error) => this.gate.refused("listener_failed", "-", error.message));
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
    const endpoint = endpointOf(socket);
    // Kept by the socket from here on, for when it is gone.
    this.sockets.add(socket);
    socket.once("close", () => {
      this.sockets.delete(socket);
      this.pending.remove(endpoint);
    });
    if (this.pending.add(endpoint)) return;
    this.gate.refused("too_many_connections", textOf(endpoint), "too many unfinished handshakes of one address");
    socket.destroy();
  }

  private chooseSet(name: string, done: (error: Error | null, context?: SecureContext) => void): void {
    const setId = setIdOfServerName(name);
    const credentials = setId === undefined ? undefined : this.gate.credentialsOf(setId);
    if (credentials === undefined) {
      done(new UnknownSet());
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

  private failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const address = textOfSocket(socket);
    if (error instanceof UnknownSet) {
      this.gate.refused("unknown_set", address, error.message);
      return;
    }
    // Typed as an error; in fact null, or OpenSSL's name of what is wrong.
    const code: unknown = socket.authorizationError;
    const authorizationError = typeof code === "string" ? code : undefined;
    // Gone by itself, as health checks of load balancers do, or dropped by us and counted then.
    if (error.code === "ECONNRESET" && authorizationError === undefined) return;
    const { reason, detail } = handshakeRefusal({ code: error.code, message: error.message, authorizationError });
    this.gate.refused(reason, address, detail);
  }

  private greet(session: Http2Session): void {
    const socket = session.socket instanceof TLSSocket ? session.socket : undefined;
    const setId = setIdOfServerName(String(socket === undefined ? "" : (serverNameOf(socket) ?? "")));
    const peer = socket === undefined || setId === undefined ? undefined : peerOf(socket, setId);
    if (peer === undefined || !this.gate.admits(peer)) {
      this.gate.refused("not_a_member", peer?.address ?? "?", NOT_A_MEMBER);
      session.on("error", () => undefined);
      // It holds a certificate of the set, so it may know why.
      session.goaway(constants.NGHTTP2_INADEQUATE_SECURITY, 0, Buffer.from(NOT_A_MEMBER));
      session.destroy();
      return;
    }
    session.setLocalWindowSize(WINDOW_BYTES);
    const connection = new Http2Connection(peer, session);
    const held = new HeldBytes(HELD_BYTES_MAX);
    session.on("error", (error: NodeJS.ErrnoException) => this.broken(connection, error));
    session.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) =>
      this.acceptChannel(connection, held, stream, headers),
    );
    this.gate.connected(connection);
  }

  /** HTTP/2 refuses channels over the limit by itself, and gives the connection up when they do not end. */
  private broken(connection: Http2Connection, error: NodeJS.ErrnoException): void {
    if (!BROKEN_FRAMING.has(error.code ?? "")) return;
    const isFull = connection.channelsPeak >= CHANNELS_PER_CONNECTION_MAX;
    this.gate.refused(isFull ? "too_many_channels" : "protocol", connection.peer.address, error.message);
  }

  private acceptChannel(
    connection: Http2Connection,
    held: HeldBytes,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): void {
    const kind = /^\/([a-z-]{1,32})$/.exec(String(headers[":path"]))?.[1];
    const reason = this.channelRefusal(connection, kind, headers);
    if (reason !== undefined || kind === undefined) {
      this.gate.refused(reason ?? "protocol", connection.peer.address, `channel ${kind ?? "without a name"}`);
      stream.on("error", () => undefined);
      // Not by RST_STREAM with REFUSED_STREAM: a Node that dialled us would never come back from ending its session then.
      stream.respond({ ":status": 403 }, { endStream: true });
      stream.close(constants.NGHTTP2_NO_ERROR);
      return;
    }
    stream.respond({ ":status": 200 });
    const channel = connection.keep(new Http2Channel(kind, stream, this.gate.frameBytesMax(kind), held));
    stream.once("close", () => connection.forget(channel));
    this.gate.accept(channel, connection.peer).then(
      () => channel.end(),
      () => channel.destroy(),
    );
  }

  private channelRefusal(
    connection: Http2Connection,
    kind: string | undefined,
    headers: IncomingHttpHeaders,
  ): RefusalReason | undefined {
    if (kind === undefined || headers[":method"] !== "POST") return "protocol";
    return this.gate.admits(connection.peer) ? undefined : "not_a_member";
  }
}

function serverNameOf(socket: TLSSocket): string | undefined {
  const { servername } = socket as TLSSocket & { readonly servername?: string | false };
  return typeof servername === "string" ? servername : undefined;
}

/** Node forgets the peer of a socket that is gone, unless it was asked before: the TCP socket beneath was. */
function textOfSocket(socket: TLSSocket): string {
  const { _parent: beneath } = socket as TLSSocket & { readonly _parent?: Socket | null };
  return textOf(endpointOf(beneath ?? socket));
}

function endpointOf(socket: Socket): Endpoint {
  return { address: socket.remoteAddress ?? "?", port: socket.remotePort ?? 0 };
}

function textOf(end: Endpoint | DropArgument | undefined): string {
  if (end === undefined) return "?";
  if ("port" in end) return `${end.address}:${end.port}`;
  return `${end.remoteAddress ?? "?"}:${end.remotePort ?? 0}`;
}
