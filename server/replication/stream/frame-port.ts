import type { FrameChannel } from "../../sdk/transport";
import { decodeFrame, encodeFrame, type FrameBodies, type StreamFrame } from "./frames";

/** A `stream` channel with typed frames. Sends from several loops go out one after the other. */
export class FramePort {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly channel: FrameChannel) {}

  /** Resolves with the frame's bytes once there is room for more. @throws TransportClosed */
  send<Kind extends keyof FrameBodies>(kind: Kind, body: FrameBodies[Kind]): Promise<number> {
    const frame = encodeFrame(kind, body);
    const sent = this.last.then(() => this.channel.send(frame)).then(() => frame.length);
    this.last = sent.catch(() => undefined);
    return sent;
  }

  /** @throws TransportClosed, or why the frame is malformed */
  async receive(): Promise<{ readonly frame: StreamFrame; readonly bytes: number } | undefined> {
    const frame = await this.channel.receive();
    return frame === undefined ? undefined : { frame: decodeFrame(frame), bytes: frame.length };
  }

  destroy(): void {
    this.channel.destroy();
  }
}
