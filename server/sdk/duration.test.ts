import { formatGoDuration, parseDurationSeconds } from "./duration";

describe("parseDurationSeconds", () => {
  it.each([
    [60, 60],
    ["60", 60],
    ["60s", 60],
    ["1h30m", 5400],
    ["3650d", 315_360_000],
    ["250ms", 0.25],
    ["1.5h", 5400],
    ["1h ", 3600],
    ["", 0],
  ])("%p is %p seconds", (input, seconds) => expect(parseDurationSeconds(input)).toBeCloseTo(seconds, 9));

  it.each(["-1s", "1x", "s", "1h junk", "1e3", "99999999999999999999", -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "%p is none",
    (input) => expect(parseDurationSeconds(input)).toBeUndefined(),
  );
});

it("prints as Go does", () => {
  expect([0, 59, 60, 3600, 12_319].map(formatGoDuration)).toEqual(["0s", "59s", "1m0s", "1h0m0s", "3h25m19s"]);
});
