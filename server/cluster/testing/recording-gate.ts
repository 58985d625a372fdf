import type { FrameChannel, Peer, PeerConnection, RefusalReason, TransportGate } from "../../sdk/transport";
import { FRAME_BYTES_MAX, PeerRefused } from "../../sdk/transport";
import type { KeyedCertificate } from "../certificate-authority";

export interface Refusal {
  readonly reason: RefusalReason;
  readonly address: string;
  readonly detail: string;
}

/** Lets in whom a test says, echoes their frames, and keeps what was refused. */
export class RecordingGate implements TransportGate {
  readonly admitted = new Set<string>();
  readonly connections: PeerConnection[] = [];
  readonly refusals: Refusal[] = [];
  readonly serving = new Map<string, { readonly authority: KeyedCertificate; readonly server: KeyedCertificate }>();
  framesSeen = 0;
  channelsSeen = 0;
  receivedBytesMax = FRAME_BYTES_MAX;

  credentialsOf(setId: string) {
    const set = this.serving.get(setId);
    if (set === undefined) return undefined;
    return { authorityCertificate: set.authority.certificate, ...set.server };
  }

  admits(peer: Peer): boolean {
    return this.admitted.has(peer.fingerprint);
  }

  frameBytesMax(): number {
    return this.receivedBytesMax;
  }

  async accept(channel: FrameChannel, peer: Peer): Promise<void> {
    this.channelsSeen += 1;
    try {
      for (;;) {
        const frame = await channel.receive();
        if (frame === undefined) return;
        this.framesSeen += 1;
        await channel.send(frame);
      }
    } catch (error) {
      if (error instanceof PeerRefused) this.refused(error.reason, peer.address, error.message);
      throw error;
    }
  }

  connected(connection: PeerConnection): void {
    this.connections.push(connection);
  }

  refused(reason: RefusalReason, address: string, detail = ""): void {
    this.refusals.push({ reason, address, detail });
  }
}
