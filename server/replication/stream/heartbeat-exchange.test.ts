import { ManualClock } from "../../sdk/testing/manual-clock";
import type { Heartbeat } from "./control-codec";
import { ageOf, HeartbeatExchange } from "./heartbeat-exchange";

const EVERY = 1_000;
const ONE_WAY = 40;

interface Side {
  readonly clock: ManualClock;
  readonly exchange: HeartbeatExchange;
}

interface OnTheWay {
  readonly to: Side;
  readonly atMilliseconds: number;
  readonly heartbeat: Heartbeat;
}

/** A primary and its secondary, whose wall clocks differ, over a link with a delay. */
class Pair {
  readonly primary = side();
  readonly secondary = side();
  /** What the secondary still has to apply before it gets to a heartbeat. */
  queueMilliseconds = 0;
  /** Age of the oldest entry that the primary has not sent. */
  backlogMilliseconds = 0;
  linkStands = true;
  private elapsed = 0;
  private onTheWay: readonly OnTheWay[] = [];

  constructor(skewMilliseconds: number) {
    this.jump(this.secondary, skewMilliseconds);
    // Monotonic clocks have nothing to do with each other either.
    this.primary.clock.advance(1_234_567);
    this.secondary.clock.advance(89);
    this.jump(this.secondary, 1_234_567 - 89);
  }

  jump(at: Side, milliseconds: number): void {
    at.clock.setWall(at.clock.nowMilliseconds() + milliseconds);
  }

  run(milliseconds: number): void {
    for (let step = 0; step < milliseconds; step++) {
      this.beat(this.primary, this.secondary, ONE_WAY + this.queueMilliseconds, this.backlogMilliseconds);
      this.beat(this.secondary, this.primary, ONE_WAY, 0);
      for (const one of this.onTheWay) {
        if (one.atMilliseconds <= this.elapsed) one.to.exchange.received(one.heartbeat);
      }
      this.onTheWay = this.onTheWay.filter((one) => one.atMilliseconds > this.elapsed);
      this.elapsed += 1;
      this.primary.clock.advance(1);
      this.secondary.clock.advance(1);
    }
  }

  /** As the secondary and as the primary see it. */
  canaryAges(): readonly number[] {
    const { primary, secondary } = this;
    return [
      secondary.exchange.canaryAgeMilliseconds() ?? Number.NaN,
      ageOf(primary.exchange.facts().peerCanaryAtMilliseconds, primary.clock) ?? Number.NaN,
    ];
  }

  skews(): readonly number[] {
    return [this.secondary, this.primary].map((one) => one.exchange.facts().clockSkewMilliseconds);
  }

  private beat(from: Side, to: Side, delayMilliseconds: number, canaryAgeMilliseconds: number): void {
    if (from.exchange.dueInMilliseconds() > 0) return;
    const heartbeat = from.exchange.next({
      epoch: { number: 1, clusterId: "a" },
      index: 0,
      logIndex: 0,
      canaryAgeMilliseconds,
      apiAddress: "",
      clusterAddresses: [],
    });
    if (!this.linkStands) return;
    this.onTheWay = [...this.onTheWay, { to, atMilliseconds: this.elapsed + delayMilliseconds, heartbeat }];
  }
}

function side(): Side {
  const clock = new ManualClock();
  return { clock, exchange: new HeartbeatExchange(clock, EVERY) };
}

const SKEWS = [-20_000, 0, 20_000];
/** A canary is as old as the heartbeats are apart, and on the primary twice, since it learns of it by the next one. */
const FRESH = 2 * EVERY + 3 * ONE_WAY;

function expectBetween(values: readonly number[], low: number, high: number): void {
  for (const value of values) {
    expect(value).toBeGreaterThanOrEqual(low);
    expect(value).toBeLessThanOrEqual(high);
  }
}

describe.each(SKEWS)("with the secondary's clock %i ms off", (skew) => {
  test("canary, skew and round trip are right on both sides", () => {
    const pair = new Pair(skew);
    pair.run(10_500);
    expectBetween(pair.canaryAges(), ONE_WAY, FRESH);
    expectBetween([(pair.skews()[0] ?? 0) + skew, (pair.skews()[1] ?? 0) - skew], -10, 10);
    expect(pair.secondary.exchange.facts().roundTripMilliseconds).toBe(2 * ONE_WAY);
    expect(pair.primary.exchange.facts().roundTripMilliseconds).toBe(2 * ONE_WAY);
  });

  test("a slow apply makes the canary as old as it is, and not the clocks differ", () => {
    const pair = new Pair(skew);
    pair.run(5_000);
    pair.queueMilliseconds = 8_000;
    pair.run(60_000);
    expectBetween(pair.canaryAges(), 8_000, 8_000 + FRESH + 50);
    expectBetween([(pair.skews()[0] ?? 0) + skew, (pair.skews()[1] ?? 0) - skew], -50, 50);
  });

  test("a backlog that the primary has not sent yet counts too", () => {
    const pair = new Pair(skew);
    pair.run(5_000);
    pair.backlogMilliseconds = 3_600_000;
    pair.run(5_000);
    expectBetween(pair.canaryAges(), 3_600_000, 3_600_000 + FRESH);
    pair.backlogMilliseconds = 0;
    pair.run(5_000);
    expectBetween(pair.canaryAges(), ONE_WAY, FRESH);
  });

  test("the canary of a link that stands no more ages with the clock", () => {
    const pair = new Pair(skew);
    pair.run(5_000);
    pair.linkStands = false;
    pair.run(100);
    const before = pair.canaryAges();
    pair.run(90_000);
    expect(pair.canaryAges().map((age, at) => Math.round(age - (before[at] ?? 0)))).toEqual([90_000, 90_000]);
  });

  test.each([
    ["secondary", -20_000],
    ["secondary", 20_000],
    ["primary", -20_000],
    ["primary", 20_000],
  ] as const)("a jump of the %s's clock by %i ms is a skew and no lag", (who, jump) => {
    const pair = new Pair(skew);
    pair.run(5_300);
    pair.jump(pair[who], jump);
    for (let second = 0; second < 6; second++) {
      pair.run(1_000);
      // What was on its way at the jump misleads for one beat.
      if (second > 0) expectBetween(pair.canaryAges(), ONE_WAY - 10, FRESH + 50);
    }
    const now = who === "secondary" ? skew + jump : skew - jump;
    expectBetween([(pair.skews()[0] ?? 0) + now, (pair.skews()[1] ?? 0) - now], -60, 60);
  });
});

test("before the first heartbeat nothing is known", () => {
  const { exchange, clock } = side();
  expect(exchange.canaryAgeMilliseconds()).toBeUndefined();
  expect(ageOf(exchange.facts().peerCanaryAtMilliseconds, clock)).toBeUndefined();
});
