import type { Moment } from "./moment";

/** Heartbeats that may still be echoed: a few seconds' worth. */
const KEPT = 32;

/** When our heartbeats were sent, found by the wall clock that the peer echoes. */
export class SentHeartbeats {
  private readonly sent = new Map<number, Moment>();

  /** Of two with one wall clock the earlier counts. */
  note(moment: Moment): void {
    if (this.sent.has(moment.wallMilliseconds)) return;
    this.sent.set(moment.wallMilliseconds, moment);
    if (this.sent.size <= KEPT) return;
    const [oldest] = this.sent.keys();
    if (oldest !== undefined) this.sent.delete(oldest);
  }

  /** Undefined: none of ours, or too long ago. */
  sentAt(wallMilliseconds: number): Moment | undefined {
    return this.sent.get(wallMilliseconds);
  }
}
