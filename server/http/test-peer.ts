import * as net from "node:net";
import { systemClock } from "../sdk/clock";
import type { HttpListener, HttpListenerOptions } from "./listener";
import { listenHttp } from "./listener";
import type { HttpConnection, HttpRequest } from "./message";

/** For the tests of this room: a connection nobody is on, a listener on a free port, and a client that sends raw bytes. */
export const nowhere: HttpConnection = {
  remoteAddress: "192.0.2.1",
  remotePort: 1,
  localAddress: "192.0.2.2",
  localPort: 2,
  secure: false,
  peerCertificateChain: () => [],
  signal: new AbortController().signal,
};

export interface RequestView {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

export function viewOf(request: HttpRequest): RequestView {
  const { method, target, headers, body } = request;
  return { method, target, headers: [...headers.entries()], body: body.toString("latin1") };
}

export function listenForTest(options: Partial<HttpListenerOptions>): Promise<HttpListener> {
  const handler: HttpListenerOptions["handler"] = (request) => ({ status: 200, body: JSON.stringify(viewOf(request)) });
  return listenHttp({ host: "127.0.0.1", port: 0, clock: systemClock, handler, ...options });
}

/** A TCP client that keeps everything it receives. */
export class Peer {
  received = "";
  closed = false;
  private waiting: (() => void)[] = [];

  private constructor(readonly socket: net.Socket) {
    socket.on("data", (chunk: Buffer) => {
      this.received += chunk.toString("latin1");
      this.wake();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.closed = true;
      this.wake();
    });
  }

  static async connect(port: number): Promise<Peer> {
    const socket = net.connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    socket.on("end", () => socket.end());
    return new Peer(socket);
  }

  static over(socket: net.Socket): Peer {
    return new Peer(socket);
  }

  send(bytes: string): void {
    this.socket.write(bytes, "latin1");
  }

  /** Waits until what was received fits the condition. */
  async until(met: (received: string) => boolean): Promise<string> {
    while (!met(this.received)) {
      if (this.closed) throw new Error(`the connection closed early, after ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    return this.received;
  }

  async untilClosed(): Promise<string> {
    while (!this.closed) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.received;
  }

  destroy(): void {
    this.socket.destroy();
  }

  private wake(): void {
    for (const run of this.waiting.splice(0)) run();
  }
}

/** Sends the bytes on a connection of their own and gives everything that comes back until the server closes it. */
export async function exchange(port: number, bytes: string): Promise<string> {
  const peer = await Peer.connect(port);
  peer.send(bytes);
  peer.socket.end();
  return peer.untilClosed();
}

export function statusesIn(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}
