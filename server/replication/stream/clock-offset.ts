/** How far two honest clocks may drift apart, per millisecond. */
const DRIFT = 500e-6;
/** What rounding to milliseconds makes of equal bounds. */
const ROUNDING_MILLISECONDS = 5;

/**
 * The peer's wall clock minus our monotonic one, from bounds: a message that came was not sent later than it came, and one that
 * was answered was not received before it was sent. A queue before one of the directions loosens one bound for as long as it
 * lasts, and the tight ones of before count until drift has used them up; the mean of round trips would take half of the
 * queue for a difference of the clocks.
 */
export class ClockOffset {
  private lower: number | undefined;
  private upper: number | undefined;
  private atMilliseconds = 0;

  /** @param sentMilliseconds the peer's wall clock when it sent, @param receivedMilliseconds our monotonic one then */
  received(sentMilliseconds: number, receivedMilliseconds: number): void {
    this.loosen(receivedMilliseconds);
    const bound = sentMilliseconds - receivedMilliseconds;
    this.lower = Math.max(this.lower ?? bound, bound);
    if (this.isContradiction()) this.restart(bound, undefined);
  }

  /** @param sentMilliseconds our monotonic clock when we sent what the peer received at `receivedMilliseconds` of its own */
  answered(sentMilliseconds: number, receivedMilliseconds: number): void {
    const bound = receivedMilliseconds - sentMilliseconds;
    this.upper = Math.min(this.upper ?? bound, bound);
    if (this.isContradiction()) this.restart(undefined, bound);
  }

  /** Undefined: nothing came yet. */
  get milliseconds(): number | undefined {
    const { lower, upper } = this;
    if (lower === undefined || upper === undefined) return lower ?? upper;
    return (lower + upper) / 2;
  }

  /** The peer's clock jumped: only what was learned since counts. */
  private restart(lower: number | undefined, upper: number | undefined): void {
    this.lower = lower;
    this.upper = upper;
  }

  private isContradiction(): boolean {
    const { lower, upper } = this;
    return lower !== undefined && upper !== undefined && lower > upper + ROUNDING_MILLISECONDS;
  }

  private loosen(nowMilliseconds: number): void {
    const drift = (nowMilliseconds - this.atMilliseconds) * DRIFT;
    this.atMilliseconds = nowMilliseconds;
    if (this.lower !== undefined) this.lower -= drift;
    if (this.upper !== undefined) this.upper += drift;
  }
}
