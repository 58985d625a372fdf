import type { Socket } from "node:net";

/** Large answers leave in pieces, so that a slow reader shows its progress and is told apart from one that stopped. */
const PIECE_BYTES_MAX = 256 * 1024;

/** Small answers of one turn are held back up to this size, to leave in one write. */
const HELD_BYTES_MAX = 64 * 1024;

/** Bytes on their way out. What is added during one turn of the loop leaves in one write. */
export class OutputBuffer {
  /** True while the peer does not take what was written; nothing more is answered then. */
  blocked = false;
  private text = "";
  private readonly queue: (string | Buffer)[] = [];
  private ending = false;
  private bytesTakenBefore = 0;

  constructor(
    private readonly socket: Socket,
    private readonly onDrained: () => void,
  ) {
    socket.on("drain", () => this.drained());
  }

  /** A string is latin1. Large amounts leave at once, so that a peer that does not read is noticed. */
  add(piece: string | Buffer): void {
    if (typeof piece === "string" && piece.length <= PIECE_BYTES_MAX) {
      this.text += piece;
      if (this.text.length > HELD_BYTES_MAX) this.flush();
      return;
    }
    this.queueText();
    this.queue.push(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
    this.flush();
  }

  flush(): void {
    if (this.blocked || this.socket.destroyed) return;
    if (this.queue.length === 0) {
      if (this.text !== "") this.write(this.takeText());
    } else {
      this.queueText();
      this.writeQueue();
    }
    if (this.ending && !this.pending) this.socket.end();
  }

  /** Sends everything, then the end of the stream. */
  end(): void {
    this.ending = true;
    this.flush();
  }

  /** Whether something waits for the peer. */
  get pending(): boolean {
    return this.blocked || this.text !== "" || this.queue.length > 0;
  }

  /** Whether the peer took anything since the last call. */
  progressed(): boolean {
    const taken = this.socket.bytesWritten - this.socket.writableLength;
    const more = taken > this.bytesTakenBefore;
    this.bytesTakenBefore = taken;
    return more;
  }

  private writeQueue(): void {
    while (this.queue.length > 0 && !this.blocked) {
      const piece = this.queue.shift() ?? "";
      if (typeof piece !== "string" && piece.length > PIECE_BYTES_MAX) {
        this.queue.unshift(piece.subarray(PIECE_BYTES_MAX));
        this.write(piece.subarray(0, PIECE_BYTES_MAX));
      } else {
        this.write(piece);
      }
    }
  }

  private write(piece: string | Buffer): void {
    const accepted = typeof piece === "string" ? this.socket.write(piece, "latin1") : this.socket.write(piece);
    this.blocked = !accepted && this.socket.writableLength > 0;
  }

  private drained(): void {
    if (!this.blocked) return;
    this.blocked = false;
    this.flush();
    if (!this.pending) this.onDrained();
  }

  private queueText(): void {
    if (this.text !== "") this.queue.push(this.takeText());
  }

  private takeText(): string {
    const { text } = this;
    this.text = "";
    return text;
  }
}
