import { ServerError } from "../sdk/errors";
import type { MountType } from "../sdk/mount";
import { boxes, declare, withBoxes } from "./testing/boxes";
import { PipelineFixture, textOf, tokenFacts } from "./testing/pipeline-fixture";

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

test("a write that no DR secondary confirms is audited as what the client is told, and waits behind everything it wrote", async () => {
  const fixture = await withBoxes();
  fixture.tokens.set("limited", tokenFacts(["root"], { numUsesLeft: -1 }));
  const order: string[] = [];
  fixture.finishUse = async () => {
    fixture.barrier.index++;
    order.push("use finished");
  };
  fixture.audit = {
    request: () => undefined,
    response: async (_request, response) => {
      order.push(`response ${response.error === "" ? response.outcome?.kind : response.error}`);
    },
  };
  fixture.confirmDurable = async (index) => void order.push(`confirm ${index - fixture.barrier.index}`);
  const write = (token: string, path = "boxes/box/a") =>
    fixture.ask("POST", `/v1/${path}`, { token, body: '{"value":"1"}' });
  expect((await write("limited")).status).toBe(204);
  expect(order.splice(0)).toEqual(["use finished", "confirm 0", "response empty"]);
  fixture.confirmDurable = () => Promise.reject(new ServerError("dr_unconfirmed", "uncertain"));
  const unconfirmed = await write("root");
  expect([unconfirmed.status, textOf(unconfirmed)]).toEqual([503, '{"errors":["uncertain"]}\n']);
  expect(unconfirmed.headers ?? []).toEqual([]);
  expect(order.splice(0)).toEqual(["response uncertain"]);
  // What writes nothing waits for nobody, and neither does what was refused.
  expect((await fixture.ask("GET", "/v1/boxes/box/a", { token: "root" })).status).toBe(200);
  fixture.allows = () => false;
  expect((await write("root")).status).toBe(403);
});

test("a read waits for a DR secondary only where it took a use, and although others write meanwhile", async () => {
  const fixture = await withBoxes();
  fixture.tokens.set("limited", tokenFacts(["root"], { numUsesLeft: 3 }));
  await fixture.ask("POST", "/v1/boxes/box/a", { token: "root", body: '{"value":"1"}' });
  let confirmed = 0;
  fixture.confirmDurable = async () => void confirmed++;
  // Somebody else's write falls into the middle of the request.
  fixture.audit = { request: async () => void fixture.barrier.index++, response: () => undefined };
  for (const [token, expected] of [
    ["root", 0],
    ["limited", 1],
  ] as const) {
    confirmed = 0;
    expect((await fixture.ask("GET", "/v1/boxes/box/a", { token })).status).toBe(200);
    expect([token, confirmed]).toEqual([token, expected]);
  }
});
