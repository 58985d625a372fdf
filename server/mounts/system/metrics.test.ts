import { httpRequest, type PipelineFixture, textOf } from "../../pipeline/testing/pipeline-fixture";
import type { ListenerOpening } from "../../sdk/path";
import { SystemFixture } from "./testing/system-fixture";

const OPEN: ReadonlySet<ListenerOpening> = new Set(["unauthenticated_metrics_access"]);
const TARGET = "/v1/sys/metrics?format=prometheus";

async function askOpened(server: PipelineFixture, target = TARGET): Promise<{ status: number; text: string }> {
  const answer = await server.pipeline.handle(httpRequest("GET", target), OPEN);
  return { status: answer.status, text: textOf(answer) };
}

test("metrics are text for Prometheus and JSON for everybody else", async () => {
  const { server } = await new SystemFixture().open();
  const text = await server.ask("GET", TARGET, { token: "root" });
  expect(text).toMatchObject({ status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8" });
  expect(textOf(text)).toBe("# TYPE vault_core_unsealed gauge\nvault_core_unsealed 1\n");
  const json = await server.ask("GET", "/v1/sys/metrics", { token: "root" });
  expect(JSON.parse(textOf(json))).toEqual({ Timestamp: "2026-01-02 03:04:00 +0000 UTC", Gauges: [] });
  const unknown = await server.ask("GET", "/v1/sys/metrics?format=xml", { token: "root" });
  expect([unknown.status, textOf(unknown)]).toEqual([400, expect.not.stringContaining("xml")]);
});

test("metrics need a policy, unless the listener is opened", async () => {
  const { server } = await new SystemFixture().open();
  expect((await server.ask("GET", TARGET)).status).toBe(403);
  server.allows = ({ path }) => path !== "sys/metrics";
  expect((await server.ask("GET", TARGET, { token: "root" })).status).toBe(403);
  expect(server.questions.at(-1)).toMatchObject({ path: "sys/metrics", operation: "read" });
  expect((await askOpened(server)).status).toBe(200);
  expect((await askOpened(server, "/v1/sys/mounts")).status).toBe(403);
});

test("an opened read leaves no audit entry, one with a token does", async () => {
  const { server } = await new SystemFixture().open();
  const trail: string[] = [];
  server.audit = { request: ({ path }) => void trail.push(path), response: ({ path }) => void trail.push(path) };
  await askOpened(server);
  expect(trail).toEqual([]);
  await server.ask("GET", TARGET, { token: "root" });
  expect(trail).toEqual(["sys/metrics", "sys/metrics"]);
});

test("a sealed node tells its metrics only where the listener is opened", async () => {
  const { server } = await new SystemFixture().open();
  server.sealed = true;
  expect((await server.ask("GET", TARGET, { token: "root" })).status).toBe(503);
  expect((await askOpened(server)).status).toBe(200);
});

test("a DR secondary tells its own metrics, to tokens of its primary and where the listener is opened, and never its primary's", async () => {
  const { server } = await new SystemFixture().open();
  server.state = { performance: "disabled", dr: "secondary" };
  server.forwardAnswer = () => Promise.reject(new Error("the primary was asked"));
  expect((await server.ask("GET", TARGET)).status).toBe(403);
  expect((await server.ask("GET", TARGET, { token: "root" })).status).toBe(200);
  expect((await askOpened(server)).status).toBe(200);
  expect(server.forwarded).toEqual([]);
});
