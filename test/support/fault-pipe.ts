import type { Socket } from "node:net";

/** What a pipe asks of the link it belongs to. All times in milliseconds of `performance.now`. */
export interface PipeLink {
  isHeld(): boolean;
  /** How long a piece that has just arrived is to be on its way; drawn once per piece. */
  drawDelay(): number;
  /** Takes so many bytes off the link's bandwidth. @returns when the last of them is through */
  reserve(bytes: number): number;
  counted(bytes: number): void;
  /** Resolves at the next change of the conditions. */
  changed(): Promise<void>;
}

type Piece =
  | { readonly kind: "bytes"; readonly bytes: Buffer; readonly dueAt: number }
  | { readonly kind: "end" | "reset" };

/** Bytes are cut so that a slow link shares itself out evenly. */
const PIECE_BYTES = 16 * 1024;
/** Read ahead of what was passed on; beyond it the sender meets TCP's own backpressure. */
const QUEUE_BYTES_MAX = 1024 * 1024;
const SLOW_QUEUE_BYTES_MAX = 64 * 1024;

/** One direction of one connection: bytes, the end and a reset arrive in order, late or not at all, but never altered. */
export class FaultPipe {
  private readonly queue: Piece[] = [];
  private queuedBytes = 0;
  private wake: (() => void) | undefined;
  private over = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly link: PipeLink,
    private readonly isSlow: () => boolean,
  ) {
    from.on("data", (bytes: Buffer) => this.take(bytes));
    from.once("end", () => this.push({ kind: "end" }));
    from.once("error", () => this.push({ kind: "reset" }));
    to.once("close", () => this.stop());
    void this.run();
  }

  /** Conditions changed: what waits is looked at again. */
  notify(): void {
    this.wakeUp();
    this.throttle();
  }

  /** Passes nothing on any more. */
  stop(): void {
    this.over = true;
    this.wakeUp();
  }

  private take(bytes: Buffer): void {
    const dueAt = performance.now() + this.link.drawDelay();
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      this.push({ kind: "bytes", bytes: bytes.subarray(at, at + PIECE_BYTES), dueAt });
    }
    this.throttle();
  }

  private push(piece: Piece): void {
    this.queue.push(piece);
    if (piece.kind === "bytes") this.queuedBytes += piece.bytes.length;
    this.wakeUp();
  }

  private throttle(): void {
    if (this.over) return;
    const isFull = this.queuedBytes >= (this.isSlow() ? SLOW_QUEUE_BYTES_MAX : QUEUE_BYTES_MAX);
    if (isFull || this.link.isHeld()) this.from.pause();
    else if (!this.from.destroyed) this.from.resume();
  }

  private wakeUp(): void {
    const { wake } = this;
    this.wake = undefined;
    wake?.();
  }

  private async run(): Promise<void> {
    while (!this.over) {
      const piece = this.queue[0];
      if (piece === undefined) {
        await new Promise<void>((settle) => {
          this.wake = settle;
        });
        continue;
      }
      if (!(await this.isThrough(piece))) continue;
      this.queue.shift();
      if (piece.kind === "bytes") await this.pass(piece.bytes);
      else this.finish(piece.kind);
    }
  }

  /** @returns false when the conditions changed meanwhile */
  private async isThrough(piece: Piece): Promise<boolean> {
    if (this.link.isHeld()) {
      await this.link.changed();
      return false;
    }
    if (piece.kind !== "bytes") return true;
    await sleepUntil(piece.dueAt);
    if (this.over || this.link.isHeld()) return false;
    await sleepUntil(this.link.reserve(piece.bytes.length));
    return true;
  }

  private async pass(bytes: Buffer): Promise<void> {
    this.queuedBytes -= bytes.length;
    if (this.to.destroyed) return this.stop();
    this.link.counted(bytes.length);
    if (!this.to.write(bytes)) {
      await new Promise<void>((settle) => {
        const go = (): void => {
          this.to.off("drain", go).off("close", go);
          settle();
        };
        this.to.on("drain", go).on("close", go);
      });
    }
    this.throttle();
  }

  private finish(how: "end" | "reset"): void {
    this.over = true;
    if (how === "reset") reset(this.to);
    else this.to.end();
  }
}

async function sleepUntil(atMilliseconds: number): Promise<void> {
  const left = atMilliseconds - performance.now();
  if (left > 0.2) await new Promise((settle) => setTimeout(settle, left));
}

/**
 * Ends a socket by RST. One whose end was sent already is closed: Node would forget it without closing it, and a process that has
 * such a socket never ends.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
