import { ManualClock } from "../../sdk/testing/manual-clock";
import { millisecondsSince, momentOf } from "./moment";
import { SentHeartbeats } from "./sent-heartbeats";

test("of two clocks that differ the one that says more counts", () => {
  const clock = new ManualClock();
  const moment = momentOf(clock);
  clock.advance(500);
  expect(millisecondsSince(moment, clock)).toBe(500);
  // The machine slept: its monotonic clock did not notice.
  clock.setWall(clock.nowMilliseconds() + 60_000);
  expect(millisecondsSince(moment, clock)).toBe(60_500);
  // Somebody set the clock back: the time that passed has passed all the same.
  clock.setWall(moment.wallMilliseconds - 60_000);
  expect(millisecondsSince(moment, clock)).toBe(500);
});

test("an echo tells when the heartbeat was sent, the earlier of two with one wall clock, and nothing that was not sent", () => {
  const sent = new SentHeartbeats();
  sent.note({ wallMilliseconds: 1_000, monotonicMilliseconds: 5 });
  sent.note({ wallMilliseconds: 1_000, monotonicMilliseconds: 9 });
  expect(sent.sentAt(1_000)).toEqual({ wallMilliseconds: 1_000, monotonicMilliseconds: 5 });
  expect(sent.sentAt(0)).toBeUndefined();
  for (let n = 0; n < 40; n += 1) sent.note({ wallMilliseconds: 2_000 + n, monotonicMilliseconds: n });
  expect(sent.sentAt(1_000)).toBeUndefined();
  expect(sent.sentAt(2_039)?.monotonicMilliseconds).toBe(39);
});
