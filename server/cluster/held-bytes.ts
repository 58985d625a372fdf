import { PeerRefused } from "../sdk/transport";

/** What the unfinished frames of all channels of one connection hold in memory. */
export class HeldBytes {
  private held = 0;

  constructor(private readonly max: number) {}

  /** @throws PeerRefused when it would be too much */
  take(bytes: number): void {
    if (this.held + bytes > this.max) {
      throw new PeerRefused("oversized_frame", `unfinished frames of one connection hold more than ${this.max} bytes`);
    }
    this.held += bytes;
  }

  release(bytes: number): void {
    this.held -= bytes;
  }
}
