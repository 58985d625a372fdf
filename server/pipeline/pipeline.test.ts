import type { MountType } from "../sdk/mount";
import type { RequestFacts } from "../sdk/path";
import { entryStages, exitStages, stageTable } from "./index";
import { boxes, declare, withBoxes } from "./testing/boxes";
import { httpRequest, PipelineFixture, textOf, tokenFacts } from "./testing/pipeline-fixture";

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
