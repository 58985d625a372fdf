import * as net from "node:net";
import * as tls from "node:tls";
import type { Clock } from "../sdk/clock";
import { AddressCounter } from "./address-counter";
import type { HeaderLine } from "./answer";
import { AnswerWriter, STANDARD_HEADERS } from "./answer";
import type { ConnectionHost } from "./connection";
import { ServerConnection } from "./connection";
import type { HttpLimits } from "./limits";
import { defaultHttpLimits } from "./limits";
import type { HttpHandler } from "./message";
import type { BodyBytesMax } from "./request-reader";
import { Ticker } from "./ticker";

/** PEM texts. */
export interface TlsIdentity {
  readonly certificate: string | Buffer;
  readonly key: string | Buffer;
  /** Authorities named to clients when a certificate is requested; judging the certificate is the auth method's work. */
  readonly clientAuthorities?: string | Buffer | undefined;
}

export interface TlsOptions extends TlsIdentity {
  /** Asks for a client certificate and goes on without one. @default true */
  readonly requestClientCertificate?: boolean | undefined;
  /** @default "TLSv1.2" */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
}

export interface HttpListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly handler: HttpHandler;
  /** Plain TCP where it is left out. */
  readonly tls?: TlsOptions | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
  /** The route's own limit in bytes; never above `limits.bodyBytesMax`. @default limits.bodyBytesMax */
  readonly bodyBytesMax?: BodyBytesMax | undefined;
  /** Header lines of every answer. @default Strict-Transport-Security of one year */
  readonly standardHeaders?: readonly HeaderLine[] | undefined;
  /** A handler threw or rejected, or made an answer HTTP cannot carry. The client sees 500 `internal error`. */
  readonly onHandlerError?: ((error: unknown) => void) | undefined;
  /** The listening socket failed after it was open. */
  readonly onListenerError?: ((error: Error) => void) | undefined;
}

/** Counters since the start. */
export interface ListenerStatistics {
  readonly connections: number;
  readonly requestsInFlight: number;
  /** Connections closed at once because a maximum was reached. */
  readonly connectionsRefused: number;
}

const BACKLOG_CONNECTIONS = 511;

/** Opens a listener. Rejects with an Error whose message names the address when it cannot be opened. */
export async function listenHttp(options: HttpListenerOptions): Promise<HttpListener> {
  const listener = new HttpListener(options);
  await listener.open();
  return listener;
}

export class HttpListener implements ConnectionHost {
  readonly handler: HttpHandler;
  readonly limits: HttpLimits;
  readonly bodyBytesMax: BodyBytesMax;
  readonly ticker: Ticker;
  readonly writer: AnswerWriter;
  draining = false;
  requestsInFlight = 0;
  private readonly server: net.Server | tls.Server;
  private readonly addresses: AddressCounter;
  /** Every accepted socket, also those within a TLS handshake. */
  private readonly sockets = new Set<net.Socket>();
  private readonly connections = new Set<ServerConnection>();
  private connectionsRefused = 0;
  private whenClosed: (() => void) | null = null;
  private stopping: Promise<void> | null = null;

  /** Use `listenHttp`. */
  constructor(private readonly options: HttpListenerOptions) {
    this.handler = options.handler;
    this.limits = { ...defaultHttpLimits, ...options.limits };
    this.bodyBytesMax = options.bodyBytesMax ?? (() => this.limits.bodyBytesMax);
    this.writer = new AnswerWriter(options.standardHeaders ?? STANDARD_HEADERS);
    this.ticker = new Ticker(options.clock, () => this.writer.setTime(options.clock.nowMilliseconds()));
    this.addresses = new AddressCounter(this.limits.connectionsPerAddressMax);
    this.server = this.createServer(options.tls);
  }

  get statistics(): ListenerStatistics {
    const { requestsInFlight, connectionsRefused } = this;
    return { connections: this.sockets.size, requestsInFlight, connectionsRefused };
  }

  /** Where the listener really listens. */
  get address(): { readonly host: string; readonly port: number } {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the listener is not open");
    return { host: address.address, port: address.port };
  }

  open(): Promise<void> {
    const { host, port } = this.options;
    return new Promise((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException): void => reject(namedError(error, host, port));
      this.server.once("error", refused);
      this.server.listen({ host, port, backlog: BACKLOG_CONNECTIONS }, () => {
        this.server.off("error", refused);
        this.server.on("error", (error: Error) => this.options.onListenerError?.(error));
        resolve();
      });
    });
  }

  /** New handshakes use the new certificate; open connections stay. Throws when certificate and key do not fit. */
  setTlsIdentity(identity: TlsIdentity): void {
    if (!(this.server instanceof tls.Server)) throw new Error("the listener does not speak TLS");
    this.server.setSecureContext(secureContextOptions(identity, this.options.tls?.minVersion));
  }

  /** Accepts nothing more, lets requests in flight finish, and ends what is left after the deadline. */
  stop(deadlineMilliseconds: number): Promise<void> {
    this.stopping ??= this.drain(deadlineMilliseconds);
    return this.stopping;
  }

  onHandlerError(error: unknown): void {
    this.options.onHandlerError?.(error);
  }

  onClosed(connection: ServerConnection): void {
    this.connections.delete(connection);
    this.resolveWhenClosed();
  }

  private createServer(options: TlsOptions | undefined): net.Server | tls.Server {
    if (options === undefined) {
      return net.createServer({ allowHalfOpen: true }, (socket) => {
        if (this.admit(socket)) this.serve(socket);
      });
    }
    const server = tls.createServer(
      {
        ...secureContextOptions(options, options.minVersion),
        allowHalfOpen: true,
        ALPNProtocols: ["http/1.1"],
        requestCert: options.requestClientCertificate ?? true,
        rejectUnauthorized: false,
        handshakeTimeout: this.limits.handshakeSecondsMax * 1000,
      },
      (socket) => this.serve(socket),
    );
    server.prependListener("connection", (socket: net.Socket) => this.admit(socket));
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    return server;
  }

  /** Counts the socket, or closes it at once: a refused connection must cost nothing. */
  private admit(socket: net.Socket): boolean {
    const address = socket.remoteAddress;
    const full = this.sockets.size >= this.limits.connectionsMax;
    if (address === undefined || full || !this.addresses.take(address)) {
      this.connectionsRefused++;
      socket.on("error", () => socket.destroy());
      socket.destroy();
      return false;
    }
    this.sockets.add(socket);
    socket.once("close", () => {
      this.sockets.delete(socket);
      this.addresses.release(address);
      this.resolveWhenClosed();
    });
    return true;
  }

  private serve(socket: net.Socket): void {
    const connection = new ServerConnection(socket, this);
    this.connections.add(connection);
    if (this.draining) connection.drain();
  }

  private async drain(deadlineMilliseconds: number): Promise<void> {
    this.draining = true;
    const closed = new Promise<void>((resolve) => {
      this.whenClosed = resolve;
      this.server.close(() => this.resolveWhenClosed());
    });
    for (const connection of this.connections) connection.drain();
    const timer = this.options.clock.setTimer(deadlineMilliseconds, () => {
      for (const connection of this.connections) connection.destroy();
      for (const socket of this.sockets) socket.destroy();
    });
    await closed;
    timer.cancel();
  }

  /** The server reports its end before its last sockets do; both must have ended. */
  private resolveWhenClosed(): void {
    if (!this.server.listening && this.connections.size === 0 && this.sockets.size === 0) this.whenClosed?.();
  }
}

function secureContextOptions(identity: TlsIdentity, minVersion: TlsOptions["minVersion"]): tls.SecureContextOptions {
  const { certificate, key, clientAuthorities } = identity;
  const authorities = clientAuthorities === undefined ? {} : { ca: clientAuthorities };
  return { cert: certificate, key, minVersion: minVersion ?? "TLSv1.2", ...authorities };
}

const LISTEN_REASONS = new Map<string | undefined, string>([
  ["EADDRINUSE", "the address is in use"],
  ["EADDRNOTAVAIL", "this machine does not have the address"],
  ["EACCES", "permission to use the port is missing"],
  ["ENOTFOUND", "the name cannot be resolved"],
]);

function namedError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const where = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const reason = LISTEN_REASONS.get(error.code) ?? error.code ?? "unknown reason";
  return new Error(`cannot listen on ${where}: ${reason}`, { cause: error });
}
