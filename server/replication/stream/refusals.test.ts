import type { Logger } from "../../sdk/logger";
import { ManualClock } from "../../sdk/testing/manual-clock";
import { PeerRefused } from "../../sdk/transport";
import { MetricsRegistry } from "../../services/metrics/metrics-registry";
import { prometheusText } from "../../services/metrics/prometheus-text";
import { Refusals } from "./refusals";
import { MalformedFrame } from "./wire";

function build() {
  const clock = new ManualClock();
  const registry = new MetricsRegistry(clock);
  const lines: Record<string, unknown>[] = [];
  const logger: Logger = { log: (_level, _text, facts) => void lines.push({ ...facts }), named: () => logger };
  const refusals = new Refusals(clock, logger, registry);
  const counted = (reason: string) =>
    Number(new RegExp(`refused\\{reason="${reason}"\\} (\\d+)`).exec(prometheusText(registry))?.[1]);
  return { clock, lines, refusals, counted };
}

test("every refusal is counted under its reason; only so many a second are logged, and the next line says how many were not", () => {
  const { clock, lines, refusals, counted } = build();
  for (let count = 0; count < 1_000; count += 1) refusals.note("no_certificate", "x", { address: "10.0.0.1:1" });
  refusals.note("unknown_set", "y", { address: "10.0.0.2:2" });
  expect(counted("no_certificate")).toBe(1_000);
  expect(counted("unknown_set")).toBe(1);
  expect(counted("hello_timeout")).toBe(0);
  expect(lines).toHaveLength(21);
  expect(lines[0]).toEqual({ reason: "no_certificate", detail: "x", address: "10.0.0.1:1" });
  clock.advance(1_000);
  refusals.note("no_certificate", "x", { address: "10.0.0.1:1" });
  expect(lines[21]).toMatchObject({ suppressed: 980 });
  clock.advance(1_000);
  refusals.note("no_certificate", "x", {});
  expect(lines[22]).not.toHaveProperty("suppressed");
});

test("what comes from outside is cut and cleaned before it is logged", () => {
  const { lines, refusals } = build();
  refusals.note("protocol", `line\nbreak \u001b[31m${"a".repeat(1_000)}`, {});
  expect(lines[0]?.detail).toMatch(/^line\?break \?\[31ma+$/);
  expect(String(lines[0]?.detail)).toHaveLength(300);
});

test("only what the peer may not do is a refusal; a lost connection is none", () => {
  const { refusals, counted } = build();
  expect(refusals.noteFailure(new PeerRefused("not_shipped", "x"), {})).toBe(true);
  expect(refusals.noteFailure(new MalformedFrame("x"), {})).toBe(true);
  for (const other of [new Error("connection lost"), "text", undefined])
    expect(refusals.noteFailure(other, {})).toBe(false);
  expect([counted("not_shipped"), counted("malformed_frame")]).toEqual([1, 1]);
});
