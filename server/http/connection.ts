import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { AnswerWriter } from "./answer";
import type { HttpFault } from "./fault";
import { fault } from "./fault";
import type { HttpLimits } from "./limits";
import type { HttpAnswer, HttpConnection, HttpHandler } from "./message";
import { OutputBuffer } from "./output-buffer";
import type { BodyBytesMax, ParsedRequest, ReaderPhase } from "./request-reader";
import { isFault, RequestReader } from "./request-reader";
import type { Tickable, Ticker } from "./ticker";

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const TIMEOUT = fault(408, "the request took too long to arrive");
const OVERLOADED: HttpAnswer = {
  status: 503,
  headers: [["Retry-After", "1"]],
  body: '{"errors":["the server handles too many requests; try again"]}\n',
};
const INTERNAL: HttpAnswer = { status: 500, body: '{"errors":["internal error"]}\n' };
const MAPPED_IPV4 = "::ffff:";
const CHAIN_LENGTH_MAX = 16;

/** What the connections of one listener share. */
export interface ConnectionHost {
  readonly handler: HttpHandler;
  readonly limits: HttpLimits;
  readonly bodyBytesMax: BodyBytesMax;
  readonly ticker: Ticker;
  readonly writer: AnswerWriter;
  /** True once the listener stops: every answer is its connection's last. */
  readonly draining: boolean;
  /** Requests being handled now, over all connections. */
  requestsInFlight: number;
  onHandlerError(error: unknown): void;
  onClosed(connection: ServerConnection): void;
}

/**
 * One connection: requests are handled strictly one after the other, so answers keep their order and a request never
 * overtakes the one before it. What arrives meanwhile waits in a bounded buffer.
 */
export class ServerConnection implements HttpConnection, Tickable {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly secure: boolean;
  private readonly reader: RequestReader;
  private readonly output: OutputBuffer;
  /** The request whose answer is awaited. */
  private current: ParsedRequest | null = null;
  /** True while requests of one chunk are read in a loop; their answers leave in one write. */
  private pumping = false;
  private peerEnded = false;
  private closing = false;
  private closed = false;
  private abort: AbortController | null = null;
  /** Tick at which the present wait is over; 0: no limit. */
  private deadline = 0;
  /** What the present wait began for. */
  private waitingFor: ReaderPhase = "idle";
  /** Tick at which the present body began to arrive; 0: none does. */
  private bodySince = 0;

  constructor(
    private readonly socket: Socket,
    private readonly host: ConnectionHost,
  ) {
    // Read once: a socket forgets its addresses when it closes, and the audit of its last request still needs them.
    this.remoteAddress = withoutMapping(socket.remoteAddress);
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = withoutMapping(socket.localAddress);
    this.localPort = socket.localPort ?? 0;
    this.secure = socket instanceof TLSSocket;
    this.reader = new RequestReader(host.limits, host.bodyBytesMax, this);
    this.output = new OutputBuffer(socket, () => this.resume());
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.onData(chunk));
    socket.on("end", () => this.onEnd());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.onClose());
    host.ticker.add(this);
    this.wait(host.limits.idleSecondsMax);
  }

  get signal(): AbortSignal {
    this.abort ??= new AbortController();
    if (this.closed) this.abort.abort();
    return this.abort.signal;
  }

  peerCertificateChain(): readonly Buffer[] {
    if (!(this.socket instanceof TLSSocket)) return [];
    const chain: Buffer[] = [];
    let certificate = this.socket.getPeerX509Certificate();
    while (certificate !== undefined && chain.length < CHAIN_LENGTH_MAX) {
      chain.push(certificate.raw);
      certificate = certificate.issuerCertificate;
    }
    return chain;
  }

  /** Ends now when nothing is under way, else behind the answer in flight. */
  drain(): void {
    if (this.current === null && this.reader.phase === "idle" && !this.output.blocked) this.close();
  }

  destroy(): void {
    this.socket.destroy();
  }

  tick(): void {
    if (this.deadline === 0 || this.host.ticker.now < this.deadline) return;
    if (this.output.pending) {
      if (this.output.progressed()) this.wait(this.host.limits.writeSecondsMax);
      else this.destroy();
    } else if (this.closing) this.destroy();
    else if (this.reader.phase === "idle") this.close();
    else this.refuse(TIMEOUT);
  }

  private onData(chunk: Buffer): void {
    if (this.closing) return;
    this.reader.push(chunk);
    if (this.current === null && !this.output.blocked) this.pump();
    else if (this.reader.bufferedBytes > this.host.limits.pipelineBytesMax) this.socket.pause();
  }

  private resume(): void {
    if (this.closing || this.closed) return;
    if (this.socket.isPaused()) this.socket.resume();
    if (this.current === null) this.pump();
  }

  /** Handles requests until one of them is awaited, bytes run out or the peer does not take its answers. */
  private pump(): void {
    this.pumping = true;
    while (this.current === null && !this.closing && !this.output.blocked) {
      const result = this.reader.read();
      if (result === null) break;
      if (isFault(result)) this.refuse(result);
      else this.handle(result);
    }
    this.pumping = false;
    this.settle();
  }

  /** After work on the input: sends what is ready and starts the wait that fits. */
  private settle(): void {
    if (this.closing) return;
    if (this.current === null && this.reader.takeContinue()) this.output.add(CONTINUE);
    this.output.flush();
    if (this.output.blocked) {
      this.wait(this.host.limits.writeSecondsMax);
    } else if (this.current !== null) {
      this.deadline = 0;
    } else if (this.peerEnded || (this.host.draining && this.reader.phase === "idle")) {
      this.close();
    } else {
      this.waitForInput(this.reader.phase);
    }
  }

  private waitForInput(phase: ReaderPhase): void {
    const { limits, ticker } = this.host;
    if (phase === "idle") {
      this.wait(limits.idleSecondsMax);
    } else if (phase === "body") {
      if (this.bodySince === 0) this.bodySince = ticker.now + 1;
      const allowance = limits.bodySecondsMax + Math.floor(this.reader.bodyBytes / limits.bodyBytesPerSecondMin);
      this.wait(limits.bodySecondsMax);
      this.deadline = Math.min(this.deadline, this.bodySince + allowance);
    } else if (this.waitingFor !== "head") {
      this.wait(limits.headSecondsMax);
    }
    this.waitingFor = phase;
  }

  private wait(seconds: number): void {
    this.waitingFor = "idle";
    this.deadline = this.host.ticker.now + seconds + 1;
  }

  private handle(request: ParsedRequest): void {
    const { host } = this;
    this.current = request;
    this.waitingFor = "idle";
    this.bodySince = 0;
    if (host.requestsInFlight >= host.limits.requestsInFlightMax) {
      host.requestsInFlight++;
      this.finish(OVERLOADED);
      return;
    }
    host.requestsInFlight++;
    try {
      const answer = host.handler(request);
      if (isPromise(answer)) answer.then(this.finish, this.fail);
      else this.finish(answer);
    } catch (error) {
      this.fail(error);
    }
  }

  private readonly fail = (error: unknown): void => {
    this.host.onHandlerError(error);
    this.finish(INTERNAL);
  };

  private readonly finish = (answer: HttpAnswer): void => {
    const request = this.current;
    if (request === null) return;
    this.current = null;
    this.host.requestsInFlight--;
    if (this.closed) return;
    const keepAlive = request.keepAlive && !this.host.draining;
    const context = { head: request.method === "HEAD", versionMinor: request.versionMinor, keepAlive };
    this.output.add(this.encode(answer, context));
    if (!keepAlive) this.close();
    else if (!this.pumping) this.resume();
  };

  private encode(answer: HttpAnswer, context: Parameters<AnswerWriter["encode"]>[1]): string | Buffer {
    try {
      return this.host.writer.encode(answer, context);
    } catch (error) {
      this.host.onHandlerError(error);
      return this.host.writer.encode(INTERNAL, context);
    }
  }

  private refuse(refusal: HttpFault): void {
    const body = `{"errors":["${refusal.reason}"]}\n`;
    const context = { head: false, versionMinor: 1, keepAlive: false } as const;
    this.output.add(this.host.writer.encode({ status: refusal.status, body }, context));
    this.close();
  }

  private onEnd(): void {
    this.peerEnded = true;
    if (this.current === null && !this.output.blocked) this.close();
  }

  /** Sends what is ready, then our end; input is read on and dropped for a while, for the peer to read its answer. */
  private close(): void {
    if (this.closing || this.closed) return;
    this.closing = true;
    this.wait(this.host.limits.lingerSecondsMax);
    this.output.end();
    this.socket.resume();
  }

  private onClose(): void {
    this.closed = true;
    this.closing = true;
    this.abort?.abort();
    this.host.ticker.remove(this);
    this.host.onClosed(this);
  }
}

function isPromise(answer: HttpAnswer | Promise<HttpAnswer>): answer is Promise<HttpAnswer> {
  return "then" in answer && typeof answer.then === "function";
}

function withoutMapping(address: string | undefined): string {
  if (address === undefined) return "";
  return address.startsWith(MAPPED_IPV4) && address.includes(".") ? address.slice(MAPPED_IPV4.length) : address;
}
