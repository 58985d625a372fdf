/**
 * What one span of ten seconds brought: count, sum and spread of the values, and how they lie, to within 5 %. All arrays are
 * made beforehand; adding a value allocates nothing.
 */
export class Interval {
  count = 0;
  sum = 0;
  private squares = 0;
  private lowest = Number.POSITIVE_INFINITY;
  private highest = Number.NEGATIVE_INFINITY;
  private readonly buckets: Uint32Array;

  /** @param withQuantiles counters need none */
  constructor(withQuantiles: boolean) {
    this.buckets = new Uint32Array(withQuantiles ? BUCKETS : 0);
  }

  get min(): number {
    return this.count === 0 ? 0 : this.lowest;
  }

  get max(): number {
    return this.count === 0 ? 0 : this.highest;
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** Of a sample, as the field's own telemetry computes it. */
  get standardDeviation(): number {
    if (this.count < 2) return 0;
    const variance = (this.count * this.squares - this.sum ** 2) / (this.count * (this.count - 1));
    return Math.sqrt(Math.max(0, variance));
  }

  add(value: number): void {
    this.count += 1;
    this.sum += value;
    this.squares += value * value;
    if (value < this.lowest) this.lowest = value;
    if (value > this.highest) this.highest = value;
    if (this.buckets.length > 0) {
      const bucket = bucketOf(value);
      this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    }
  }

  clear(): void {
    this.count = 0;
    this.sum = 0;
    this.squares = 0;
    this.lowest = Number.POSITIVE_INFINITY;
    this.highest = Number.NEGATIVE_INFINITY;
    this.buckets.fill(0);
  }

  /** @returns the value below which `share` (0 to 1) of both intervals' values lie, NaN when there are none */
  quantileWith(other: Interval, share: number): number {
    const total = this.count + other.count;
    if (total === 0) return Number.NaN;
    const lowest = Math.min(this.lowest, other.lowest);
    const highest = Math.max(this.highest, other.highest);
    let left = Math.max(1, Math.ceil(share * total));
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= (this.buckets[bucket] ?? 0) + (other.buckets[bucket] ?? 0);
      if (left <= 0) return Math.min(highest, Math.max(lowest, middleOf(bucket)));
    }
    return highest;
  }
}

/** Each bucket is 5 % wider than the one before, from 0.001 (a microsecond, where the unit is milliseconds) to 10^9. */
const LOWEST = 0.001;
const GROWTH = Math.log(1.05);
const BUCKETS = Math.ceil(Math.log(1e12) / GROWTH) + 1;

function bucketOf(value: number): number {
  if (!(value > LOWEST)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(value / LOWEST) / GROWTH));
}

function middleOf(bucket: number): number {
  return bucket === 0 ? LOWEST : LOWEST * Math.exp((bucket - 0.5) * GROWTH);
}
