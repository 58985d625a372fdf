import type { Counter, Labels, Summary } from "../../sdk/metrics";
import { Interval } from "./interval";

/** One counter or summary under one set of labels: totals since the start, and the interval under way beside the last one. */
export class Series implements Counter, Summary {
  count = 0;
  sum = 0;
  current: Interval;
  last: Interval;

  constructor(
    readonly labels: Labels,
    withQuantiles: boolean,
  ) {
    this.current = new Interval(withQuantiles);
    this.last = new Interval(withQuantiles);
  }

  add(count = 1): void {
    this.observe(count);
  }

  observe(value: number): void {
    this.count += 1;
    this.sum += value;
    this.current.add(value);
  }

  quantile(share: number): number {
    return this.current.quantileWith(this.last, share);
  }

  /** Ends the interval under way. */
  rotate(): void {
    const { last } = this;
    last.clear();
    this.last = this.current;
    this.current = last;
  }
}
