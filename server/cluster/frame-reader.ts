import { PeerRefused } from "../sdk/transport";
import type { HeldBytes } from "./held-bytes";

export const FRAME_HEADER_BYTES = 4;

/** Four bytes, big endian: how many bytes of frame follow. */
export function frameHeader(lengthBytes: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  header.writeUInt32BE(lengthBytes);
  return header;
}

/**
 * Cuts a byte stream into length-prefixed frames. Holds at most one frame of `frameBytesMax`; the length is checked before
 * anything is kept for it, and memory grows with what has arrived, not with what was announced.
 */
export class FrameReader {
  private parts: Buffer[] = [];
  private heldBytes = 0;

  /** @param budget shared with the connection's other channels */
  constructor(
    private readonly frameBytesMax: number,
    private budget?: HeldBytes | undefined,
  ) {}

  /** Takes what arrived. Read the frames off with `next`. @throws PeerRefused when the budget is used up */
  push(chunk: Buffer): void {
    this.budget?.take(chunk.length);
    this.parts.push(chunk);
    this.heldBytes += chunk.length;
  }

  /** The next whole frame, or undefined. @throws PeerRefused for a frame over the limit */
  next(): Buffer | undefined {
    if (this.heldBytes < FRAME_HEADER_BYTES) return undefined;
    const length = this.peekLength();
    if (length > this.frameBytesMax)
      throw new PeerRefused("oversized_frame", `frame of ${length} bytes is over the limit`);
    if (this.heldBytes < FRAME_HEADER_BYTES + length) return undefined;
    this.budget?.release(FRAME_HEADER_BYTES + length);
    this.take(FRAME_HEADER_BYTES);
    return this.take(length);
  }

  /** Whether the stream may end here: not in the middle of a frame. */
  get isBetweenFrames(): boolean {
    return this.heldBytes === 0;
  }

  /** Nothing more arrives: what is held here counts no longer. */
  leaveBudget(): void {
    this.budget?.release(this.heldBytes);
    this.budget = undefined;
  }

  private peekLength(): number {
    const first = this.parts[0];
    if (first !== undefined && first.length >= FRAME_HEADER_BYTES) return first.readUInt32BE(0);
    const header = this.take(FRAME_HEADER_BYTES);
    this.parts.unshift(header);
    this.heldBytes += header.length;
    return header.readUInt32BE(0);
  }

  private take(count: number): Buffer {
    const taken: Buffer[] = [];
    let missing = count;
    let used = 0;
    while (missing > 0) {
      const part = this.parts[used];
      if (part === undefined) break;
      if (part.length <= missing) {
        taken.push(part);
        missing -= part.length;
        used += 1;
      } else {
        taken.push(part.subarray(0, missing));
        this.parts[used] = part.subarray(missing);
        missing = 0;
      }
    }
    this.parts.splice(0, used);
    this.heldBytes -= count;
    const only = taken[0];
    return taken.length === 1 && only !== undefined ? only : Buffer.concat(taken, count);
  }
}
