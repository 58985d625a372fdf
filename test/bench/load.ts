import { connect, type Socket } from "node:net";

export interface LoadOptions {
  readonly port: number;
  /** Whole request bytes; the same for every request of a connection. */
  readonly request: (connection: number, sequence: number) => Buffer;
  readonly connections: number;
  readonly durationMilliseconds: number;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly requests: number;
  /** Answers whose status was not 2xx. */
  readonly failures: number;
  /** Sorted, milliseconds. */
  readonly latencies: readonly number[];
}

const READ_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/**
 * Keep-alive load from this process, one request under way on each connection. The same generator measures a server and its
 * limit, so its own cost is in both figures.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  let failures = 0;
  const started = performance.now();
  const until = started + options.durationMilliseconds;
  const drive = (connection: number): Promise<void> =>
    new Promise((settle, reject) => {
      const received = (length: number, bytes: Uint8Array): boolean => {
        answered(reader.push(Buffer.from(bytes.buffer, bytes.byteOffset, length)));
        return true;
      };
      // A buffer of its own spares the stream and a new buffer for each answer: the generator must not be the slower one.
      const socket = connect({
        port: options.port,
        host: "127.0.0.1",
        noDelay: true,
        onread: { buffer: Buffer.alloc(READ_BYTES), callback: received },
      });
      const reader = new AnswerReader();
      let sequence = 0;
      let sentAt = 0;
      const send = (): void => {
        sentAt = performance.now();
        socket.write(options.request(connection, sequence));
        sequence += 1;
      };
      socket.on("connect", send);
      socket.on("error", reject);
      const answered = (status: number | undefined): void => {
        if (status === undefined) return;
        const now = performance.now();
        latencies.push(now - sentAt);
        if (status < 200 || status > 299) failures += 1;
        if (now < until) send();
        else finish(socket, settle);
      };
    });
  await Promise.all(Array.from({ length: options.connections }, (_, connection) => drive(connection)));
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((left, right) => left - right);
  return { requestsPerSecond: latencies.length / seconds, requests: latencies.length, failures, latencies };
}

function finish(socket: Socket, settle: () => void): void {
  socket.once("close", () => settle());
  socket.destroy();
}

/** Finds the end of one answer with a Content-Length; enough for the servers measured here. */
class AnswerReader {
  private buffered: Buffer = EMPTY;
  /** Where the last answer's head ended, and its whole length. */
  private headEnd = -1;
  private totalLength = -1;

  /** The chunk is read now or copied. @returns the status once the answer is whole */
  push(chunk: Buffer): number | undefined {
    if (this.buffered.length === 0 && this.isLikeLast(chunk)) return statusOf(chunk);
    this.buffered = Buffer.concat([this.buffered, chunk]);
    const headEnd = this.buffered.indexOf("\r\n\r\n");
    if (headEnd < 0) return undefined;
    const head = this.buffered.toString("latin1", 0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.buffered.length < headEnd + 4 + length) return undefined;
    const status = statusOf(this.buffered);
    this.headEnd = headEnd;
    this.totalLength = headEnd + 4 + length;
    this.buffered = EMPTY;
    return status;
  }

  /** Only one answer is under way: one of the same length whose head ends at the same place is whole. */
  private isLikeLast(chunk: Buffer): boolean {
    return chunk.length === this.totalLength && chunk.readUInt32BE(this.headEnd) === 0x0d0a0d0a;
  }
}

/** Of `HTTP/1.1 200`. */
function statusOf(answer: Buffer): number {
  const digit = (at: number): number => (answer[at] ?? 0) - 48;
  return digit(9) * 100 + digit(10) * 10 + digit(11);
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((left, right) => left - right),
    0.5,
  );
}
