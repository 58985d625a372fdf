import type { FrameChannel, PeerConnection, Transport } from "../../server/sdk/transport";

/** Delays what a secondary receives on the streams that it opens; everything else, forwarded requests too, goes on at once. */
export class HeldTransport implements Transport {
  /** Before each frame. */
  delayMilliseconds: () => number = () => 0;
  private gate: Promise<void> = Promise.resolve();
  private open = (): void => undefined;

  constructor(private readonly inner: Transport) {}

  /** Nothing is received until `release`. */
  hold(): void {
    this.release();
    this.gate = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  release(): void {
    this.open();
  }

  listen(...parameters: Parameters<Transport["listen"]>): ReturnType<Transport["listen"]> {
    return this.inner.listen(...parameters);
  }

  async dial(options: Parameters<Transport["dial"]>[0]): Promise<PeerConnection> {
    const connection = await this.inner.dial(options);
    return {
      peer: connection.peer,
      closed: connection.closed,
      destroy: () => connection.destroy(),
      open: async (kind) => this.held(await connection.open(kind)),
    };
  }

  private held(channel: FrameChannel): FrameChannel {
    if (channel.kind !== "stream") return channel;
    let dropped = false;
    let drop = (): void => undefined;
    const isDropped = new Promise<void>((resolve) => {
      drop = resolve;
    });
    return {
      kind: channel.kind,
      send: (frame) => channel.send(frame),
      receive: async () => {
        const frame = await channel.receive();
        await Promise.race([this.gate, isDropped]);
        if (dropped) return undefined;
        const milliseconds = this.delayMilliseconds();
        if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
        return frame;
      },
      end: () => channel.end(),
      destroy: () => {
        dropped = true;
        drop();
        channel.destroy();
      },
    };
  }
}
