import type { FrameChannel, PeerConnection, Transport } from "../../server/sdk/transport";

export interface TappedFrame {
  readonly channel: string;
  readonly bytes: Buffer;
}

/** A transport whose owner's received frames are seen as they are after decryption, whatever channel they come on. */
export function tappedTransport(inner: Transport, received: (frame: TappedFrame) => void): Transport {
  const tapped = (channel: FrameChannel): FrameChannel => ({
    kind: channel.kind,
    send: (frame) => channel.send(frame),
    receive: async () => {
      const bytes = await channel.receive();
      // Copied: who reads a frame may wipe it.
      if (bytes !== undefined) received({ channel: channel.kind, bytes: Buffer.from(bytes) });
      return bytes;
    },
    end: () => channel.end(),
    destroy: () => channel.destroy(),
  });
  return {
    listen: (host, port, gate) => inner.listen(host, port, gate),
    async dial(options): Promise<PeerConnection> {
      const connection = await inner.dial(options);
      return {
        peer: connection.peer,
        closed: connection.closed,
        destroy: () => connection.destroy(),
        open: async (kind) => tapped(await connection.open(kind)),
      };
    },
  };
}
