import { ServerError } from "../sdk/errors";
import { MeteredAuditTrail } from "../services/audit/metered-trail";
import { prometheusText } from "../services/metrics/prometheus-text";
import { withBoxes } from "./testing/boxes";
import type { PipelineFixture } from "./testing/pipeline-fixture";

function lines(fixture: PipelineFixture, prefix: string): readonly string[] {
  return prometheusText(fixture.metrics)
    .split("\n")
    .filter((line) => line.startsWith(prefix) && !line.endsWith(" 0"));
}

test("every request is counted once by operation and class of status, and timed", async () => {
  const fixture = await withBoxes();
  await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"1"}' });
  await fixture.ask("GET", "/v1/boxes/box/a", { token: "root" });
  await fixture.ask("GET", "/v1/boxes/box/none", { token: "root" });
  await fixture.ask("GET", "/v1/boxes/box/a");
  fixture.barrier.commitFailure = "storage_full";
  await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"1"}' });
  expect(lines(fixture, "vault_core_requests{")).toEqual([
    'vault_core_requests{operation="read",status="2xx"} 1',
    'vault_core_requests{operation="read",status="4xx"} 2',
    'vault_core_requests{operation="update",status="2xx"} 1',
    'vault_core_requests{operation="update",status="5xx"} 1',
  ]);
  expect(lines(fixture, "vault_core_handle_request_count")).toEqual(["vault_core_handle_request_count 5"]);
});

test("what a path or a method says makes no series", async () => {
  const fixture = await withBoxes();
  const before = prometheusText(fixture.metrics).split("\n").length;
  for (let n = 0; n < 50; n++) await fixture.ask(`M${n}`, `/v1/boxes/box/${n}`, { token: `t${n}` });
  expect(prometheusText(fixture.metrics).split("\n")).toHaveLength(before);
});

test("the trail is timed and its failures are counted", async () => {
  const fixture = await withBoxes();
  let answer = (): Promise<void> | undefined => undefined;
  const trail = new MeteredAuditTrail(
    { request: () => answer(), response: () => answer() },
    fixture.metrics,
    fixture.clock,
  );
  fixture.audit = trail;
  await fixture.ask("GET", "/v1/boxes/box/a", { token: "root" });
  expect(lines(fixture, "vault_audit_log_request_count")).toEqual([]);
  answer = () => Promise.resolve();
  await fixture.ask("GET", "/v1/boxes/box/a", { token: "root" });
  expect(lines(fixture, "vault_audit_log_re")).toEqual(
    expect.arrayContaining(["vault_audit_log_request_count 1", "vault_audit_log_response_count 1"]),
  );
  answer = () => Promise.reject(new ServerError("audit_failed"));
  expect((await fixture.ask("GET", "/v1/boxes/box/a", { token: "root" })).status).toBe(500);
  expect(lines(fixture, "vault_audit_log_request_failure")).toContain("vault_audit_log_request_failure 1");
});

test("a request that was given up counts once, with the answer its client got", async () => {
  const fixture = await withBoxes();
  let finish = (): void => undefined;
  fixture.audit = { request: () => new Promise((resolve) => (finish = resolve)), response: () => undefined };
  const answer = fixture.ask("GET", "/v1/boxes/box/a", { token: "root" });
  await Promise.resolve();
  fixture.clock.advance(120_000);
  expect((await answer).status).toBe(500);
  finish();
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines(fixture, "vault_core_requests{")).toEqual(['vault_core_requests{operation="read",status="5xx"} 1']);
});
