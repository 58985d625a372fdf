import { ServerError } from "../sdk/errors";
import type { MountContext, MountType } from "../sdk/mount";
import type { RequestFacts } from "../sdk/path";
import { pathsOf } from "../sdk/path";
import { entryStages, exitStages, stageTable } from "./index";
import { httpRequest, PipelineFixture, textOf, tokenFacts } from "./testing/pipeline-fixture";

const declare = pathsOf<MountContext>();

/** A small engine: values under names, shared data. */
const boxes: MountType = {
  type: "boxes",
  kind: "secret",
  description: "boxes for tests",
  paths: () => [
    declare({
      template: "box/{name}",
      summary: "One box.",
      fields: {
        name: { type: "string", description: "Name." },
        value: { type: "string", description: "What is in it." },
        count: { type: "integer", description: "How many." },
      },
      operations: {
        read: {
          summary: "Look into it",
          run: ({ context, fields }) => {
            const found = context.storage.peek(fields.name ?? "");
            return found === undefined
              ? { kind: "not_found" }
              : { kind: "data", data: { value: found.value.toString() } };
          },
        },
        update: {
          summary: "Fill it",
          run: async ({ context, fields }) => {
            await context.storage.commit([context.storage.put(fields.name ?? "", Buffer.from(fields.value ?? ""))]);
            return { kind: "empty" };
          },
        },
      },
    }),
    declare({
      template: "box",
      summary: "All boxes.",
      fields: {},
      operations: {
        list: {
          summary: "List them",
          run: async ({ context }) => ({ kind: "list", keys: await context.storage.list("", { limit: 100 }) }),
        },
      },
    }),
    declare({
      template: "shared/{name}",
      summary: "Forwarded.",
      fields: { name: { type: "string", description: "Name." } },
      operations: { update: { summary: "Write", forward: true, run: () => ({ kind: "empty" }) } },
    }),
  ],
};

const everyMount = (): boolean => true;

async function withBoxes(): Promise<PipelineFixture> {
  const fixture = await new PipelineFixture({ types: [boxes] }).open();
  await fixture.router.enable({ kind: "secret", path: "boxes", type: "boxes" });
  return fixture;
}

test("the order of the stages for every kind of request", () => {
  const names = (stages: readonly { readonly name: string }[]): readonly string[] => stages.map((stage) => stage.name);
  expect({
    entry: names(entryStages),
    ...Object.fromEntries(Object.entries(stageTable).map(([kind, stages]) => [kind, names(stages)])),
    exit: names(exitStages),
  }).toMatchSnapshot();
});

test("write, read, list, not there: the envelope of each", async () => {
  const fixture = await withBoxes();
  const written = await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"<1>"}' });
  expect(written.status).toBe(204);
  const read = await fixture.ask("GET", "/v1/boxes/box/a", { token: "root" });
  expect(read.status).toBe(200);
  expect(textOf(read).replace(/[0-9a-f-]{36}/, "ID")).toBe(
    '{"request_id":"ID","lease_id":"","renewable":false,"lease_duration":0,"data":{"value":"\\u003c1\\u003e"},' +
      '"wrap_info":null,"warnings":null,"auth":null,"mount_type":"boxes"}\n',
  );
  const listed = await fixture.ask("GET", "/v1/boxes/box?list=true", { token: "root" });
  expect(JSON.parse(textOf(listed)).data).toEqual({ keys: ["a"] });
  expect(fixture.questions.at(-1)).toMatchObject({ operation: "list", path: "boxes/box/" });
  expect((await fixture.ask("LIST", "/v1/boxes/box/", { token: "root" })).status).toBe(200);
  const missing = await fixture.ask("GET", "/v1/boxes/box/b", { token: "root" });
  expect([missing.status, textOf(missing)]).toEqual([404, '{"errors":[]}\n']);
});

test("a read of cached data is answered in the turn it came in", async () => {
  const fixture = await withBoxes();
  await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"1"}' });
  expect(fixture.pipeline.handle(httpRequest("GET", "/v1/boxes/box/a", { token: "root" }))).not.toBeInstanceOf(Promise);
});

test("a stranger sees no difference between what exists and what does not", async () => {
  const fixture = await withBoxes();
  const paths = ["boxes/box/a", "boxes/nothing", "nothing/at/all", "nothing", "sys/nothing", "auth/userpass/x"];
  for (const options of [{}, { token: "wrong" }, { token: "poor" }]) {
    fixture.tokens.set("poor", tokenFacts(["default"]));
    const answers = await Promise.all(paths.map((path) => fixture.ask("GET", `/v1/${path}`, options)));
    const seen = new Set(answers.map((answer) => `${answer.status} ${textOf(answer)}`));
    expect([...seen]).toHaveLength(1);
    expect([...seen][0]).toContain("403");
    expect([...seen][0]).toContain("permission denied");
  }
});

test("with permission it is said what is not there", async () => {
  const fixture = await withBoxes();
  const ask = async (method: string, path: string): Promise<string> => {
    const answer = await fixture.ask(method, `/v1/${path}`, { token: "root" });
    return `${answer.status} ${textOf(answer).trim()}`;
  };
  expect(await ask("GET", "nothing/x")).toBe(
    '404 {"errors":["no handler for route \\"nothing/x\\". route entry not found."]}',
  );
  expect(await ask("GET", "boxes/nothing")).toBe('404 {"errors":["1 error occurred:\\n\\t* unsupported path\\n\\n"]}');
  expect(await ask("DELETE", "boxes/box/a")).toContain("405");
  expect(await ask("POST", "boxes/box/")).toContain("cannot write to a path ending in '/'");
  expect(await ask("GET", "boxes/box/a/")).toBe('404 {"errors":[]}');
  expect(await ask("OPTIONS", "boxes/box/a")).toBe('405 {"errors":[]}');
  expect(await ask("HEAD", "boxes/box/a")).toContain("405");
});

test.each([
  "/v1/boxes/../sys/x",
  "/v1/boxes//a",
  "/v1/boxes/%2e%2e/a",
  "/v1/boxes/%2Fa",
  "/v1/boxes/a%00",
  "/v1/boxes/%ff",
])("%s is refused before any policy is asked", async (target) => {
  const fixture = await withBoxes();
  const answer = await fixture.ask("GET", target, { token: "root" });
  expect(answer.status).toBe(400);
  expect(fixture.questions).toEqual([]);
});

test("permission comes before validation", async () => {
  const fixture = await withBoxes();
  fixture.tokens.set("poor", tokenFacts(["default"]));
  const body = '{"count":"canary"}';
  const refused = await fixture.ask("POST", "/v1/boxes/box/a", { token: "poor", body });
  expect(refused.status).toBe(403);
  const invalid = await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body });
  expect(invalid.status).toBe(400);
  expect(textOf(invalid)).not.toContain("canary");
});

test("two tokens are no token", async () => {
  const fixture = await withBoxes();
  expect((await fixture.ask("GET", "/v1/boxes/box", { token: "root, other" })).status).toBe(400);
  const bearer = { authorization: "Bearer root" };
  expect((await fixture.ask("LIST", "/v1/boxes/box", { headers: bearer })).status).toBe(404);
});

test("sealed: nothing but what is declared for it", async () => {
  const fixture = await withBoxes();
  fixture.sealed = true;
  const answer = await fixture.ask("GET", "/v1/boxes/box/a", { token: "root" });
  expect([answer.status, textOf(answer)]).toEqual([503, '{"errors":["Vault is sealed"]}\n']);
});

test("bodies: malformed, deep, no object, form, keys of Object.prototype", async () => {
  const fixture = await withBoxes();
  const post = async (body: string, headers = {}): Promise<number> =>
    (await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body, headers })).status;
  expect(await post("{")).toBe(400);
  expect(await post("[1]")).toBe(400);
  expect(await post(`{"value":${"[".repeat(5000)}`)).toBe(400);
  expect(await post("x".repeat(2 * 1024 * 1024))).toBe(413);
  const form = { "content-type": "application/x-www-form-urlencoded" };
  expect(await post("value=from+form", form)).toBe(204);
  expect(JSON.parse(textOf(await fixture.ask("GET", "/v1/boxes/box/a", { token: "root" }))).data.value).toBe(
    "from form",
  );
  expect(await post('{"value":"json"}', form)).toBe(204);
  expect(await post('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')).toBe(200);
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

test("an unknown field turns 204 into 200 with a warning", async () => {
  const fixture = await withBoxes();
  const answer = await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"1","other":2}' });
  expect(answer.status).toBe(200);
  expect(JSON.parse(textOf(answer)).warnings).toEqual(["Endpoint ignored these unrecognized parameters: [other]"]);
});

test("wrapping replaces the answer, and only where there is one", async () => {
  const fixture = await withBoxes();
  await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"1"}' });
  const headers = { "x-vault-wrap-ttl": "5m" };
  const wrapped = JSON.parse(textOf(await fixture.ask("GET", "/v1/boxes/box/a", { token: "root", headers })));
  expect(wrapped).toMatchObject({ request_id: "", data: null, wrap_info: { token: "wrapping-token", ttl: 300 } });
  expect(wrapped.wrap_info.creation_path).toBe("boxes/box/a");
  const plain = await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", headers, body: '{"value":"1"}' });
  expect(plain.status).toBe(204);
  expect(
    (await fixture.ask("GET", "/v1/boxes/box/a", { token: "root", headers: { "x-vault-wrap-ttl": "-1" } })).status,
  ).toBe(400);
});

test("nobody without a token makes the server keep an answer for them", async () => {
  const open: MountType = {
    ...boxes,
    paths: () => [
      declare({
        template: "open",
        summary: "Open to all.",
        fields: {},
        operations: {
          read: { summary: "Look", unauthenticated: true, run: () => ({ kind: "data", data: { a: 1 } }) },
        },
      }),
    ],
  };
  const fixture = await new PipelineFixture({ types: [open] }).open();
  await fixture.router.enable({ kind: "secret", path: "boxes", type: "boxes" });
  const headers = { "x-vault-wrap-ttl": "768h" };
  const answer = await fixture.ask("GET", "/v1/boxes/open", { headers });
  expect(JSON.parse(textOf(answer))).toMatchObject({ data: { a: 1 }, wrap_info: null });
});

test("no answer leaves before the audit trail took it, nothing runs before it took the request", async () => {
  const fixture = await withBoxes();
  const order: string[] = [];
  fixture.audit = {
    request: async (request) => void order.push(`request ${request.path}`),
    response: async (_request, response) => void order.push(`response ${response.outcome?.kind}`),
  };
  await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"1"}' });
  expect(order).toEqual(["request boxes/box/a", "response empty"]);
  const before = fixture.barrier.index;
  fixture.audit = { request: () => Promise.reject(new ServerError("audit_failed")), response: () => undefined };
  const refused = await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"2"}' });
  expect(refused.status).toBe(500);
  expect(fixture.barrier.index).toBe(before);
  fixture.audit = { request: async () => undefined, response: () => Promise.reject(new ServerError("audit_failed")) };
  const silent = await fixture.ask("GET", "/v1/boxes/box/a", { token: "root" });
  expect(silent.status).toBe(500);
  expect(textOf(silent)).not.toContain("value");
});

test("what ends the trail itself leaves its request entry, and its failure", async () => {
  const sealing: MountType = {
    ...boxes,
    paths: () => [
      declare({
        template: "seal",
        summary: "Seals.",
        fields: { fail: { type: "boolean", description: "Fails.", default: false } },
        operations: {
          update: {
            summary: "Seal",
            endsTrail: true,
            run: ({ fields }) => {
              if (fields.fail) throw new ServerError("internal");
              return { kind: "empty" };
            },
          },
        },
      }),
    ],
  };
  const fixture = await new PipelineFixture({ types: [sealing] }).open();
  await fixture.router.enable({ kind: "secret", path: "boxes", type: "boxes" });
  const entries: string[] = [];
  fixture.audit = {
    request: async () => void entries.push("request"),
    response: async () => void entries.push("response"),
  };
  expect((await fixture.ask("POST", "/v1/boxes/seal", { token: "root" })).status).toBe(204);
  expect((await fixture.ask("POST", "/v1/boxes/seal", { token: "root", body: '{"fail":true}' })).status).toBe(500);
  expect(entries).toEqual(["request", "request", "response"]);
});

test("a request refused at the door leaves one entry without its body", async () => {
  const fixture = await withBoxes();
  const entries: string[] = [];
  fixture.audit = {
    request: async (request, error) => void entries.push(`${error} ${request.data === undefined}`),
    response: async () => void entries.push("response"),
  };
  await fixture.ask("POST", "/v1/boxes/box/a", { token: "wrong", body: '{"value":"1"}' });
  expect(entries).toEqual(["permission denied true"]);
});

test("a token's last use is finished after the request", async () => {
  const fixture = await withBoxes();
  const facts = tokenFacts(["root"], { numUsesLeft: -1 });
  fixture.tokens.set("once", facts);
  await fixture.ask("GET", "/v1/boxes/box/a", { token: "once" });
  expect(fixture.finished).toEqual([facts]);
});

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
  fixture.applied = false;
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
  for (const path of ["auth/token/lookup-self", "sys/leases/lookup", "sys/wrapping/unwrap", "sys/renew"]) {
    expect([path, await forward(path)]).toEqual([path, 403]);
  }
});

test("query parameters of a read are asked of the policies like fields of a body", async () => {
  const fixture = await withBoxes();
  await fixture.ask("GET", "/v1/boxes/box/a?value=1&count=2&count=3", { token: "root" });
  expect(fixture.questions.at(-1)?.parameters).toEqual(
    new Map<string, unknown>([
      ["value", "1"],
      ["count", ["2", "3"]],
    ]),
  );
  await fixture.ask("GET", "/v1/boxes/box/a", { token: "root" });
  expect(fixture.questions.at(-1)?.parameters).toBeUndefined();
});

test("a last use that cannot be finished fails the request, and the trail says so", async () => {
  const fixture = await withBoxes();
  const entries: string[] = [];
  fixture.audit = {
    request: async () => void entries.push("request"),
    response: async (_request, { error }) => void entries.push(`response ${error}`),
  };
  fixture.tokens.set("once", tokenFacts(["root"], { numUsesLeft: -1 }));
  fixture.finishUse = () => Promise.reject(new ServerError("storage_full"));
  const answer = await fixture.ask("GET", "/v1/boxes/box/a", { token: "once" });
  expect(answer.status).toBeGreaterThanOrEqual(500);
  expect(entries).toEqual(["request", expect.stringMatching(/^response ./)]);
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

test("help needs read permission and says what is declared", async () => {
  const fixture = await withBoxes();
  expect((await fixture.ask("GET", "/v1/boxes/box/a?help=1")).status).toBe(403);
  const answer = JSON.parse(textOf(await fixture.ask("GET", "/v1/boxes/box/a?help=1", { token: "root" })));
  expect(answer.help).toContain("What is in it.");
  expect(Object.keys(answer.openapi.paths)).toEqual(["/boxes/box/{name}"]);
});

test("a handler that hangs is given up on, and learns of it", async () => {
  let seen: RequestFacts | undefined;
  const hanging: MountType = {
    ...boxes,
    paths: () => [
      declare({
        template: "hang",
        summary: "Hangs.",
        fields: {},
        operations: {
          read: {
            summary: "Hang",
            run: ({ request }) => {
              seen = request;
              return new Promise(() => request.signal);
            },
          },
        },
      }),
    ],
  };
  const fixture = await new PipelineFixture({ types: [hanging] }).open();
  await fixture.router.enable({ kind: "secret", path: "boxes", type: "boxes" });
  const answer = fixture.ask("GET", "/v1/boxes/hang", { token: "root" });
  await Promise.resolve();
  expect(fixture.pipeline.inFlight).toBe(1);
  fixture.clock.advance(100_000);
  expect((await answer).status).toBe(500);
  expect(seen?.signal.aborted).toBe(true);
});

test("an unexpected failure says nothing to the client", async () => {
  const broken: MountType = {
    ...boxes,
    paths: () => [
      declare({
        template: "broken",
        summary: "Broken.",
        fields: {},
        operations: {
          read: {
            summary: "Break",
            run: () => {
              throw new TypeError("canary");
            },
          },
        },
      }),
    ],
  };
  const fixture = await new PipelineFixture({ types: [broken] }).open();
  await fixture.router.enable({ kind: "secret", path: "boxes", type: "boxes" });
  const answer = await fixture.ask("GET", "/v1/boxes/broken", { token: "root" });
  expect([answer.status, textOf(answer)]).toEqual([500, '{"errors":["internal error"]}\n']);
});
