/** Heartbeats that may still be echoed: a few seconds' worth. */
const KEPT = 32;

/** When our heartbeats were sent by the monotonic clock, found by the wall clock that the peer echoes. */
export class SentHeartbeats {
  private readonly sent = new Map<number, number>();

  /** Of two with one wall clock the earlier counts. */
  note(wallMilliseconds: number, monotonicMilliseconds: number): void {
    if (this.sent.has(wallMilliseconds)) return;
    this.sent.set(wallMilliseconds, monotonicMilliseconds);
    if (this.sent.size <= KEPT) return;
    const [oldest] = this.sent.keys();
    if (oldest !== undefined) this.sent.delete(oldest);
  }

  /** Undefined: none of ours, or too long ago. */
  sentAt(wallMilliseconds: number): number | undefined {
    return this.sent.get(wallMilliseconds);
  }
}
