import type { Clock } from "../../sdk/clock";

/**
 * One moment by both clocks. A wall clock may jump, and a monotonic one may stand still while the machine sleeps or its
 * hypervisor holds it: what has to be young is as old as the one that says more.
 */
export interface Moment {
  readonly monotonicMilliseconds: number;
  readonly wallMilliseconds: number;
}

export function momentOf(clock: Clock): Moment {
  return { monotonicMilliseconds: clock.monotonicMilliseconds(), wallMilliseconds: clock.nowMilliseconds() };
}

export function millisecondsSince({ monotonicMilliseconds, wallMilliseconds }: Moment, clock: Clock): number {
  return Math.max(clock.monotonicMilliseconds() - monotonicMilliseconds, clock.nowMilliseconds() - wallMilliseconds);
}
