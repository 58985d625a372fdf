import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { counter, gauge, summary } from "../../sdk/metrics";
import { ManualClock } from "../../sdk/testing/manual-clock";
import { intervalReport } from "./interval-report";
import { MetricsRegistry } from "./metrics-registry";
import { prometheusText } from "./prometheus-text";

const facts = { unit: "requests", meaning: "For the test.", where: "every node" };
const requests = counter({ ...facts, name: "core.requests", labels: { status: ["2xx", "5xx"] } });
const durations = summary({ ...facts, name: "core.handle_request" });
const lag = gauge({ ...facts, name: "replication.lag", labels: { secondary: "secondaries" } });

function started(): { readonly clock: ManualClock; readonly registry: MetricsRegistry } {
  const clock = new ManualClock();
  const registry = new MetricsRegistry(clock);
  registry.start();
  return { clock, registry };
}

/** Ends an interval; the next begins once the rotation's promise has settled. */
async function nextInterval(clock: ManualClock): Promise<void> {
  clock.advance(10_000);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

describe("a registry", () => {
  test("gives one handle per set of labels", () => {
    const { registry } = started();
    registry.counter(requests, { status: "2xx" }).add();
    registry.counter(requests, { status: "2xx" }).add(2);
    registry.counter(requests, { status: "5xx" }).add();
    expect(prometheusText(registry)).toBe(
      [
        "# HELP vault_core_requests For the test. Unit: requests.",
        "# TYPE vault_core_requests counter",
        'vault_core_requests{status="2xx"} 3',
        'vault_core_requests{status="5xx"} 1',
        "",
      ].join("\n"),
    );
  });

  test.each([[{}], [{ status: "404" }], [{ status: "2xx", path: "secret/a" }], [{ toString: "2xx" }]])(
    "refuses labels that are not declared: %j",
    (labels) => {
      const { registry } = started();
      expect(() => registry.counter(requests, labels)).toThrow("metric core.requests has no labels");
    },
  );

  test("refuses a second declaration of the same name", () => {
    const { registry } = started();
    registry.counter(requests, { status: "2xx" });
    expect(() => registry.summary(summary({ ...facts, name: "core.requests" }))).toThrow("declared twice");
  });

  test("reads gauges when asked, and forgets them when they are released", () => {
    const { registry } = started();
    let value = 1;
    const release = registry.gauge(lag, () => [{ labels: { secondary: 'a"\\\n' }, value }]);
    const readNothing = registry.gauge(lag, () => undefined);
    value = 7;
    expect(prometheusText(registry)).toContain('vault_replication_lag{secondary="a\\"\\\\\\n"} 7\n');
    release();
    readNothing();
    expect(prometheusText(registry)).toBe("");
  });

  test("bounds the rows of one gauge", () => {
    const { registry } = started();
    const many = Array.from({ length: 5_000 }, (_, at) => ({ labels: { secondary: String(at) }, value: at }));
    registry.gauge(lag, () => many);
    expect(registry.gaugeFamilies()[0]?.readings).toHaveLength(1_024);
  });
});

describe("a summary", () => {
  test("tells quantiles of the last two intervals and totals since the start", async () => {
    const { clock, registry } = started();
    const handle = registry.summary(durations);
    for (let value = 1; value <= 100; value++) handle.observe(value);
    await nextInterval(clock);
    expect(prometheusText(registry)).toContain(
      "vault_core_handle_request_sum 5050\nvault_core_handle_request_count 100\n",
    );
    await nextInterval(clock);
    await nextInterval(clock);
    const text = prometheusText(registry);
    expect(text).toContain('vault_core_handle_request{quantile="0.5"} NaN\n');
    expect(text).toContain("vault_core_handle_request_count 100\n");
  });

  test("is within 5 % of the exact quantile for any values", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.002, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.9, 0.99),
        (values, share) => {
          const { registry } = started();
          const handle = registry.summary(durations);
          for (const value of values) handle.observe(value);
          const exact = [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? Number.NaN;
          const told = new RegExp(`quantile="${share}"} (\\S+)`).exec(prometheusText(registry))?.[1];
          expect(Math.abs(Number(told) - exact)).toBeLessThanOrEqual(exact * 0.05);
        },
      ),
    );
  });
});

/** One line of https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details */
const LINE =
  /^(# HELP [a-zA-Z_:][a-zA-Z0-9_:]* (?:[^\\\n]|\\\\|\\n)*|# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (?:counter|gauge|summary)|[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")*\})? (?:NaN|[+-]Inf|-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?))$/;

test("every text keeps to the grammar of the format, whatever names and values are", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.double()), { maxLength: 20 }), fc.string(), (rows, meaning) => {
      const { registry } = started();
      const declaration = gauge({
        ...facts,
        meaning,
        name: "logshipper.streamWALs.guard-found",
        labels: lag.labels ?? {},
      });
      registry.gauge(declaration, () => rows.map(([secondary, value]) => ({ labels: { secondary }, value })));
      registry.summary(durations).observe(3);
      const lines = prometheusText(registry).split("\n");
      expect(lines.pop()).toBe("");
      for (const line of lines) expect(line).toMatch(LINE);
    }),
  );
});

test("the JSON tells the last whole interval in the shape of sys/metrics", async () => {
  const { clock, registry } = started();
  registry.gauge(lag, () => [{ labels: { secondary: "dc-b" }, value: 1.5 }]);
  registry.counter(requests, { status: "2xx" }).add(4);
  for (const value of [10, 20, 60]) registry.summary(durations).observe(value);
  await nextInterval(clock);
  registry.counter(requests, { status: "2xx" }).add(100);
  expect(intervalReport(registry, clock.nowMilliseconds())).toEqual({
    Timestamp: "2026-01-02 03:04:06 +0000 UTC",
    Gauges: [{ Name: "vault.replication.lag", Value: 1.5, Labels: { secondary: "dc-b" } }],
    Points: [],
    Counters: [
      {
        Name: "vault.core.requests",
        Count: 1,
        Rate: 0.4,
        Sum: 4,
        Min: 4,
        Max: 4,
        Mean: 4,
        Stddev: 0,
        Labels: { status: "2xx" },
      },
    ],
    Samples: [
      {
        Name: "vault.core.handle_request",
        Count: 3,
        Rate: 9,
        Sum: 90,
        Min: 10,
        Max: 60,
        Mean: 30,
        Stddev: expect.closeTo(26.4575, 3),
        Labels: {},
      },
    ],
  });
});
