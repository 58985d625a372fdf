import type { Http2Stream } from "node:http2";
import { constants } from "node:http2";
import type { FrameChannel } from "../sdk/transport";
import { FRAME_BYTES_MAX, TransportClosed } from "../sdk/transport";
import { FrameReader, frameHeader } from "./frame-reader";
import type { HeldBytes } from "./held-bytes";

/** Up to here header and body are one write; above it the copy costs more than a second write. */
const JOINED_BYTES_MAX = 16 * 1024;
/** Bytes of a frame that are queued at a time, so that all channels of a connection queue no more than 32 MiB. */
const QUEUED_BYTES_MAX = 128 * 1024;

/** Frames over one HTTP/2 stream. Reads only when asked, so HTTP/2's flow control holds a fast sender back. */
export class Http2Channel implements FrameChannel {
  private readonly reader: FrameReader;
  private failure: TransportClosed | undefined;
  private ended = false;
  private wake: (() => void) | undefined;
  private drained: (() => void) | undefined;
  /** Settles when nothing is being sent any more. */
  private sending: Promise<void> | undefined;

  constructor(
    readonly kind: string,
    private readonly stream: Http2Stream,
    receivedBytesMax = FRAME_BYTES_MAX,
    budget?: HeldBytes,
  ) {
    this.reader = new FrameReader(receivedBytesMax, budget);
    stream.on("readable", () => this.wakeReader());
    stream.on("end", () => {
      this.ended = true;
      this.wakeReader();
    });
    stream.on("drain", () => this.wakeWriter());
    stream.on("error", (error: Error) => this.fail(new TransportClosed(`channel failed: ${error.message}`)));
    stream.on("close", () => {
      this.fail(new TransportClosed(closeReason(stream)));
      this.reader.leaveBudget();
    });
  }

  /** Resolves once there is room for more. What is sent meanwhile follows. */
  async send(frame: Buffer): Promise<void> {
    if (frame.length > FRAME_BYTES_MAX) throw new TransportClosed(`frame of ${frame.length} bytes is over the limit`);
    if (this.sending !== undefined || frame.length > JOINED_BYTES_MAX)
      return await this.inTurn(() => this.write(frame));
    this.throwIfBroken();
    if (!this.stream.write(joined(frame))) await this.inTurn(() => this.drain());
  }

  async receive(): Promise<Buffer | undefined> {
    for (;;) {
      const frame = this.nextFrame();
      if (frame !== undefined) return frame;
      if (this.ended) return this.finish();
      this.throwIfBroken();
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Behind what is being sent. */
  end(): void {
    if (this.sending !== undefined) void this.sending.then(() => this.end());
    else if (!this.stream.writableEnded && !this.stream.destroyed) this.stream.end();
  }

  destroy(): void {
    this.fail(new TransportClosed("channel was dropped"));
    if (!this.stream.destroyed) this.stream.close(constants.NGHTTP2_CANCEL);
  }

  /** Marks the channel as failed with the reason that the connection as a whole failed for. */
  fail(reason: TransportClosed): void {
    this.failure ??= reason;
    this.wakeReader();
    this.wakeWriter();
  }

  private inTurn(run: () => Promise<void>): Promise<void> {
    const sent = this.sending === undefined ? run() : this.sending.then(run);
    const settled: Promise<void> = sent
      .catch(() => undefined)
      .then(() => {
        if (this.sending === settled) this.sending = undefined;
      });
    this.sending = settled;
    return sent;
  }

  private async write(frame: Buffer): Promise<void> {
    this.throwIfBroken();
    if (frame.length <= JOINED_BYTES_MAX) {
      if (!this.stream.write(joined(frame))) await this.drain();
      return;
    }
    this.stream.write(frameHeader(frame.length));
    for (let at = 0; at < frame.length; at += QUEUED_BYTES_MAX) {
      if (!this.stream.write(frame.subarray(at, at + QUEUED_BYTES_MAX))) await this.drain();
    }
  }

  private async drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.drained = resolve;
    });
    this.throwIfBroken();
  }

  private nextFrame(): Buffer | undefined {
    for (;;) {
      const frame = this.reader.next();
      if (frame !== undefined) return frame;
      const chunk: unknown = this.stream.destroyed ? null : this.stream.read();
      if (!Buffer.isBuffer(chunk)) return undefined;
      this.reader.push(chunk);
    }
  }

  private finish(): undefined {
    if (!this.reader.isBetweenFrames) throw new TransportClosed("channel ended in the middle of a frame");
    return undefined;
  }

  private throwIfBroken(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  private wakeReader(): void {
    const { wake } = this;
    this.wake = undefined;
    wake?.();
  }

  private wakeWriter(): void {
    const { drained } = this;
    this.drained = undefined;
    drained?.();
  }
}

function joined(frame: Buffer): Buffer {
  return Buffer.concat([frameHeader(frame.length), frame]);
}

function closeReason(stream: Http2Stream): string {
  const code = stream.rstCode;
  return code === constants.NGHTTP2_NO_ERROR ? "channel was closed" : `channel was closed with HTTP/2 code ${code}`;
}
