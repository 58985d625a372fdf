import type { Clock, Timer } from "../sdk/clock";

export const TICK_MILLISECONDS = 1000;

export interface Tickable {
  tick(): void;
}

/**
 * One timer for all connections of a listener. Time is counted in ticks that really ran, so a loop that was blocked for a
 * while cannot time out connections whose bytes wait unread. A wait of n seconds ends after n to n + 1 seconds.
 */
export class Ticker {
  private count = 0;
  private timer: Timer | null = null;
  private readonly members = new Set<Tickable>();

  constructor(
    private readonly clock: Clock,
    private readonly onTick: () => void,
  ) {}

  /** Ticks so far. */
  get now(): number {
    return this.count;
  }

  get size(): number {
    return this.members.size;
  }

  add(member: Tickable): void {
    this.members.add(member);
    if (this.timer === null) {
      this.onTick();
      this.schedule();
    }
  }

  /** Without members no timer runs. */
  remove(member: Tickable): void {
    this.members.delete(member);
    if (this.members.size > 0) return;
    this.timer?.cancel();
    this.timer = null;
  }

  private schedule(): void {
    this.timer = this.clock.setTimer(TICK_MILLISECONDS, () => {
      this.count++;
      this.onTick();
      for (const member of this.members) member.tick();
      if (this.members.size > 0) this.schedule();
    });
  }
}
