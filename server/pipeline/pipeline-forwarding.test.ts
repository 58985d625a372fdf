import type { HttpAnswer } from "../http/message";
import { ServerError } from "../sdk/errors";
import { withBoxes } from "./testing/boxes";
import { type PipelineFixture, textOf, tokenFacts } from "./testing/pipeline-fixture";

const everyMount = (): boolean => true;

test("a performance secondary forwards declared writes and writes that meet read-only storage, whole", async () => {
  const fixture = await withBoxes();
  fixture.state = { performance: "secondary", dr: "disabled" };
  fixture.forwardAnswer = async () => ({ status: 204, headers: [], body: Buffer.alloc(0), index: 9 });
  const declared = await fixture.ask("POST", "/v1/boxes/shared/a", { token: "root", body: '{"x":1}' });
  expect(declared.status).toBe(204);
  expect(fixture.forwarded[0]).toMatchObject({
    path: "boxes/shared/a",
    operation: "update",
    caller: { kind: "facts" },
  });
  fixture.barrier.commitFailure = "read_only";
  fixture.standing = "awaited";
  const behind = await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"1"}' });
  expect(behind.status).toBe(200);
  expect(JSON.parse(textOf(behind)).warnings[0]).toContain("not caught up");
  expect(fixture.forwarded).toHaveLength(2);
  expect(fixture.forwarded[1]?.body.toString()).toBe('{"value":"1"}');
});

test("what came from another cluster is never sent on, and its policies are asked again", async () => {
  const fixture = await withBoxes();
  const request = {
    id: "r1",
    caller: { kind: "facts", facts: tokenFacts(["default"]) },
    operation: "update",
    path: "boxes/box/a",
    query: new Map(),
    body: Buffer.from('{"value":"1"}'),
    contentType: undefined,
    remoteAddress: "10.0.0.1",
    wrapTtlSeconds: undefined,
  } as const;
  const { signal } = new AbortController();
  expect((await fixture.pipeline.handleForwarded(request, signal, everyMount)).status).toBe(403);
  const allowed = { ...request, caller: { kind: "facts", facts: tokenFacts(["root"]) } } as const;
  const answer = await fixture.pipeline.handleForwarded(allowed, signal, everyMount);
  expect(answer).toMatchObject({ status: 204, index: fixture.barrier.index });
  expect((await fixture.pipeline.handleForwarded({ ...allowed, path: "boxes/../x" }, signal, everyMount)).status).toBe(
    400,
  );
  fixture.state = { performance: "secondary", dr: "disabled" };
  fixture.barrier.commitFailure = "read_only";
  expect((await fixture.pipeline.handleForwarded(allowed, signal, everyMount)).status).toBe(500);
  expect(fixture.forwarded).toEqual([]);
});

test("what a DR secondary handed over to a performance secondary goes on to the primary, once and with the caller's facts", async () => {
  const fixture = await withBoxes();
  fixture.state = { performance: "secondary", dr: "primary" };
  fixture.forwardAnswer = async () => ({ status: 204, headers: [], body: Buffer.alloc(0), index: 9 });
  const handedOver = {
    id: "r1",
    caller: { kind: "token", token: Buffer.from("root") },
    operation: "update",
    path: "boxes/shared/a",
    query: new Map(),
    body: Buffer.from('{"x":1}'),
    contentType: undefined,
    remoteAddress: "10.0.0.1",
    wrapTtlSeconds: undefined,
  } as const;
  const { signal } = new AbortController();
  expect((await fixture.pipeline.handleForwarded(handedOver, signal, everyMount)).status).toBe(204);
  fixture.barrier.commitFailure = "read_only";
  const undeclared = { ...handedOver, path: "boxes/box/a", body: Buffer.from('{"value":"1"}') };
  expect((await fixture.pipeline.handleForwarded(undeclared, signal, everyMount)).status).toBe(204);
  expect(fixture.forwarded.map(({ path, caller }) => [path, caller.kind])).toEqual([
    ["boxes/shared/a", "facts"],
    ["boxes/box/a", "facts"],
  ]);
});

test("a policy that demands wrapping is satisfied at the primary too; the secondary wraps", async () => {
  const fixture = await withBoxes();
  fixture.state = { performance: "secondary", dr: "disabled" };
  fixture.forwardAnswer = async () => ({ status: 200, headers: [], body: Buffer.from("{}"), index: 0 });
  const headers = { "x-vault-wrap-ttl": "60" };
  const wrapped = await fixture.ask("POST", "/v1/boxes/shared/a", { token: "root", headers });
  expect(JSON.parse(textOf(wrapped)).wrap_info).toMatchObject({ ttl: 60 });
  const sent = fixture.forwarded[0];
  if (sent === undefined) throw new Error("nothing was forwarded");
  fixture.state = { performance: "primary", dr: "disabled" };
  const answer = await fixture.pipeline.handleForwarded(sent, new AbortController().signal, everyMount);
  expect(answer.status).toBe(204);
  expect(fixture.questions.at(-1)).toMatchObject({ wrapTtlSeconds: 60 });
});

test("a secondary reaches nothing through its primary that is this cluster's own or is filtered for it", async () => {
  const fixture = await withBoxes();
  await fixture.router.enable({ kind: "secret", path: "own", type: "boxes", local: true });
  const forward = async (path: string, allowsMount: (mountPath: string) => boolean = everyMount): Promise<number> => {
    const request = {
      id: "r1",
      caller: { kind: "facts", facts: tokenFacts(["root"]) },
      operation: "read",
      path,
      query: new Map(),
      body: Buffer.alloc(0),
      contentType: undefined,
      remoteAddress: "10.0.0.1",
      wrapTtlSeconds: undefined,
    } as const;
    return (await fixture.pipeline.handleForwarded(request, new AbortController().signal, allowsMount)).status;
  };
  expect(await forward("boxes/box/a")).toBe(404);
  expect(await forward("own/box/a")).toBe(403);
  expect(await forward("boxes/box/a", (mountPath) => mountPath !== "boxes/")).toBe(403);
  for (const path of [
    "auth/token/lookup-self",
    "sys/leases/lookup",
    "sys/wrapping/unwrap",
    "sys/renew",
    "sys/generate-root/attempt",
    "sys/seal",
  ]) {
    expect([path, await forward(path)]).toEqual([path, 403]);
  }
});

test("a DR secondary hands over the request with its token, or refuses with the standard text", async () => {
  const fixture = await withBoxes();
  fixture.state = { performance: "disabled", dr: "secondary" };
  fixture.forwardAnswer = async () => ({ status: 200, headers: [], body: Buffer.from("{}"), index: 0 });
  const headers = { "x-vault-wrap-ttl": "60" };
  const answer = await fixture.ask("GET", "/v1/boxes/box/a", { token: "somebody", headers });
  expect([answer.status, textOf(answer)]).toEqual([200, "{}"]);
  expect(fixture.forwarded[0]).toMatchObject({ wrapTtlSeconds: 60 });
  expect(fixture.questions).toEqual([]);
  const refusal = [400, '{"errors":["path disabled in replication DR secondary mode"]}\n'];
  fixture.forwardAnswer = () => Promise.reject(new ServerError("primary_unreachable"));
  const unreachable = await fixture.ask("GET", "/v1/boxes/box/a");
  expect([unreachable.status, textOf(unreachable)]).toEqual(refusal);
  fixture.drClientRequests = "refuse";
  const refused = await fixture.ask("GET", "/v1/boxes/box/a");
  expect([refused.status, textOf(refused)]).toEqual(refusal);
});

test("a DR secondary hands over nothing that concerns the node alone: its primary would take it for an intruder", async () => {
  const fixture = await withBoxes();
  fixture.state = { performance: "disabled", dr: "secondary" };
  for (const path of ["sys/step-down", "sys/seal/now", "sys/unseal/x", "sys/health/x", "sys/init/x"]) {
    const answer = await fixture.ask("PUT", `/v1/${path}`, { token: "root" });
    expect([path, answer.status, textOf(answer)]).toEqual([
      path,
      400,
      '{"errors":["path disabled in replication DR secondary mode"]}\n',
    ]);
  }
  expect(fixture.forwarded).toEqual([]);
});

test("X-Vault-Index comes with writes, is honoured, and a forged one is not", async () => {
  const fixture = await withBoxes();
  await fixture.indexHeader.open(fixture.view("core/", "replicated"), "cluster-1");
  const written = await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"1"}' });
  const value = written.headers?.find(([name]) => name === "X-Vault-Index")?.[1] ?? "";
  expect(Buffer.from(value, "base64").toString()).toMatch(/^v1:cluster-1:\d+:\d+:[0-9a-f]{64}$/);
  const read = async (header: string): Promise<number> =>
    (await fixture.ask("GET", "/v1/boxes/box/a", { token: "root", headers: { "x-vault-index": header } })).status;
  expect(await read(value)).toBe(200);
  const forged = Buffer.from(Buffer.from(value, "base64").toString().replace("v1:", "v2:")).toString("base64");
  expect(await read(forged)).toBe(412);
  expect(await read("nonsense")).toBe(412);
  fixture.barrier.index--;
  expect(await read(value)).toBe(412);
});

async function opened(): Promise<PipelineFixture> {
  const fixture = await withBoxes();
  await fixture.indexHeader.open(fixture.view("core/", "replicated"), "cluster-1");
  return fixture;
}

const headerOf = (answer: HttpAnswer): string => answer.headers?.find(([name]) => name === "X-Vault-Index")?.[1] ?? "";
const stateOf = (header: string): string =>
  Buffer.from(header, "base64")
    .toString()
    .replace(/:[0-9a-f]{64}$/, "");

test("a header made through a secondary names the epoch, and is honoured by the epoch and not by the number", async () => {
  const fixture = await opened();
  fixture.state = { performance: "secondary", dr: "disabled" };
  fixture.forwardAnswer = async () => ({ status: 204, headers: [], body: Buffer.alloc(0), index: 7 });
  const header = headerOf(await fixture.ask("POST", "/v1/boxes/shared/a", { token: "root", body: "{}" }));
  expect(stateOf(header)).toMatch(/^v1:cluster-1\.0\.cluster-1\.1\.primary-1:\d+:7$/);
  const read = async (more: Readonly<Record<string, string>> = {}): Promise<number> =>
    (await fixture.ask("GET", "/v1/boxes/box/a", { token: "root", headers: { "x-vault-index": header, ...more } }))
      .status;
  expect(await read()).toBe(404);
  for (const standing of ["awaited", "absent"] as const) {
    fixture.standing = standing;
    expect([await read(), await read({ "x-vault-inconsistent": "fail" })]).toEqual([412, 412]);
  }
});

test("what a mount had the primary write is named too, by every answer that wrote", async () => {
  const fixture = await opened();
  fixture.state = { performance: "secondary", dr: "disabled" };
  const ask = () => fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"1"}' });
  expect(stateOf(headerOf(await ask()))).toMatch(/:\d+:0$/);
  fixture.called = { epoch: fixture.epoch, index: 12 };
  expect(stateOf(headerOf(await ask()))).toMatch(/\.1\.primary-1:\d+:12$/);
});

test("several headers are all asked for, a flood of them is refused, and forward-active-node changes nothing here", async () => {
  const fixture = await opened();
  const header = headerOf(await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"1"}' }));
  const read = async (value: string, more: Readonly<Record<string, string>> = {}): Promise<number> =>
    (await fixture.ask("GET", "/v1/boxes/box/a", { token: "root", headers: { "x-vault-index": value, ...more } }))
      .status;
  expect(await read(`${header}, ${header}`)).toBe(200);
  expect(await read(`${header},nonsense`)).toBe(412);
  expect(await read(Array(9).fill(header).join(","))).toBe(400);
  fixture.barrier.index--;
  for (const wish of ["forward-active-node", "fail", "anything"]) {
    expect([wish, await read(header, { "x-vault-inconsistent": wish })]).toEqual([wish, 412]);
  }
});

test("a DR secondary passes the client's index on and the primary's own back, and adds none of its own", async () => {
  const fixture = await opened();
  const header = headerOf(await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"1"}' }));
  fixture.state = { performance: "disabled", dr: "secondary" };
  fixture.forwardAnswer = async () => {
    // Applying what the primary wrote moves the secondary's own log.
    fixture.barrier.index++;
    return { status: 204, headers: [["X-Vault-Index", "of the primary"]], body: Buffer.alloc(0), index: 9 };
  };
  const headers = { "x-vault-index": header };
  const answer = await fixture.ask("PUT", "/v1/boxes/box/a", { token: "root", body: "{}", headers });
  expect(answer.headers).toEqual([["X-Vault-Index", "of the primary"]]);
  const sent = fixture.forwarded[0];
  if (sent === undefined) throw new Error("nothing was forwarded");
  expect([sent.requiredIndexes, sent.waitsForIndex]).toEqual([[header], true]);
  await fixture.ask("PUT", "/v1/boxes/box/a", {
    token: "root",
    body: "{}",
    headers: { ...headers, "x-vault-inconsistent": "fail" },
  });
  expect(fixture.forwarded[1]?.waitsForIndex).toBe(false);
  fixture.state = { performance: "disabled", dr: "primary" };
  const run = (indexes: readonly string[]) =>
    fixture.pipeline.handleForwarded({ ...sent, requiredIndexes: indexes }, new AbortController().signal, everyMount);
  const accepted = await run([header]);
  expect([accepted.status, accepted.headers.map(([name]) => name)]).toEqual([204, ["X-Vault-Index"]]);
  expect((await run(["forged"])).status).toBe(412);
});
