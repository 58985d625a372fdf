import type { Http2Stream } from "node:http2";
import { constants } from "node:http2";
import type { FrameChannel } from "../sdk/transport";
import { FRAME_BYTES_MAX, TransportClosed } from "../sdk/transport";
import { FrameReader, frameHeader } from "./frame-reader";
import type { HeldBytes } from "./held-bytes";

/** Up to here header and body are one write; above it the copy costs more than a second write. */
const JOINED_BYTES_MAX = 16 * 1024;

/** Frames over one HTTP/2 stream. Reads only when asked, so HTTP/2's flow control holds a fast sender back. */
export class Http2Channel implements FrameChannel {
  private readonly reader: FrameReader;
  private failure: TransportClosed | undefined;
  private ended = false;
  private wake: (() => void) | undefined;
  private drained: (() => void) | undefined;

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

  async send(frame: Buffer): Promise<void> {
    if (frame.length > FRAME_BYTES_MAX) throw new TransportClosed(`frame of ${frame.length} bytes is over the limit`);
    this.throwIfBroken();
    if (this.write(frame)) return;
    await new Promise<void>((resolve) => {
      this.drained = resolve;
    });
    this.throwIfBroken();
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

  end(): void {
    if (!this.stream.writableEnded && !this.stream.destroyed) this.stream.end();
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

  private write(frame: Buffer): boolean {
    const header = frameHeader(frame.length);
    if (frame.length <= JOINED_BYTES_MAX) return this.stream.write(Buffer.concat([header, frame]));
    this.stream.write(header);
    return this.stream.write(frame);
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

function closeReason(stream: Http2Stream): string {
  const code = stream.rstCode;
  return code === constants.NGHTTP2_NO_ERROR ? "channel was closed" : `channel was closed with HTTP/2 code ${code}`;
}
