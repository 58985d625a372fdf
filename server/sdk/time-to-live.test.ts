import fc from "fast-check";
import { isServerError } from "./errors";
import { expiryOf } from "./time-to-live";

const seconds = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 10_000 }));
const grants = fc.record({
  ttlSeconds: seconds,
  maxTtlSeconds: seconds,
  explicitMaxTtlSeconds: seconds,
  periodSeconds: seconds,
});
const limits = fc.record({
  defaultLeaseTtlSeconds: fc.integer({ min: 1, max: 10_000 }),
  maxLeaseTtlSeconds: fc.integer({ min: 1, max: 10_000 }),
});

test("whatever is granted or renewed, at any moment, ends within every limit and never reads as 0", () => {
  fc.assert(
    fc.property(grants, limits, fc.nat(12_000_000), seconds, (grant, limit, ageMilliseconds, increment) => {
      const issued = 1_700_000_000_000;
      const now = issued + ageMilliseconds;
      try {
        const { expireTimeMilliseconds, ttlSeconds } = expiryOf(grant, limit, issued, now, increment);
        expect(ttlSeconds).toBeGreaterThanOrEqual(1);
        expect(Number.isInteger(ttlSeconds)).toBe(true);
        expect(expireTimeMilliseconds).toBeGreaterThan(now);
        expect(expireTimeMilliseconds - now).toBeLessThanOrEqual(limit.maxLeaseTtlSeconds * 1000);
        const { explicitMaxTtlSeconds, maxTtlSeconds, periodSeconds } = grant;
        if (explicitMaxTtlSeconds > 0)
          expect(expireTimeMilliseconds).toBeLessThanOrEqual(issued + explicitMaxTtlSeconds * 1000);
        if (periodSeconds > 0) {
          expect(expireTimeMilliseconds - now).toBeLessThanOrEqual(periodSeconds * 1000);
        } else {
          expect(expireTimeMilliseconds).toBeLessThanOrEqual(issued + limit.maxLeaseTtlSeconds * 1000);
          if (maxTtlSeconds > 0) expect(expireTimeMilliseconds).toBeLessThanOrEqual(issued + maxTtlSeconds * 1000);
        }
      } catch (error) {
        if (!isServerError(error, "invalid_request")) throw error;
        const bound = Math.min(
          ...[grant.periodSeconds > 0 ? 0 : grant.maxTtlSeconds, grant.explicitMaxTtlSeconds].filter((one) => one > 0),
          limit.maxLeaseTtlSeconds,
        );
        expect(ageMilliseconds).toBeGreaterThanOrEqual(bound * 1000);
      }
    }),
    { numRuns: 3000 },
  );
});

test("renewal in the last second of the maximum", () => {
  const grant = { ttlSeconds: 60, maxTtlSeconds: 100, explicitMaxTtlSeconds: 0, periodSeconds: 0 };
  const limit = { defaultLeaseTtlSeconds: 60, maxLeaseTtlSeconds: 1000 };
  for (const before of [1500, 1000, 999, 500, 1]) {
    const { expireTimeMilliseconds, ttlSeconds } = expiryOf(grant, limit, 0, 100_000 - before);
    expect([expireTimeMilliseconds, ttlSeconds]).toEqual([100_000, Math.ceil(before / 1000)]);
  }
  expect(() => expiryOf(grant, limit, 0, 100_000)).toThrow("past the max TTL");
});

test("a capped lifetime is said", () => {
  const grant = { ttlSeconds: 90, maxTtlSeconds: 0, explicitMaxTtlSeconds: 0, periodSeconds: 0 };
  expect(expiryOf(grant, { defaultLeaseTtlSeconds: 10, maxLeaseTtlSeconds: 60 }, 0, 0).warnings).toEqual([
    'TTL of "90s" exceeded the effective max_ttl of "60s"; TTL value is capped accordingly',
  ]);
});
