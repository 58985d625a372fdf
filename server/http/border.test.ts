import * as fc from "fast-check";
import { parseForm } from "../sdk/form";
import { ExactNumber } from "../sdk/json";
import { AddressCounter } from "./address-counter";
import { parseBody, parsePatchBody } from "./body";
import { bareAnswer, emptyAnswer, envelopeText, errorAnswer } from "./envelope";
import { HeaderList } from "./header-list";
import { parseGoBoolean, vaultHeadersOf } from "./headers";
import type { HttpRequest } from "./message";
import { nowhere } from "./test-peer";
import { fieldsToObject, verbOf } from "./verbs";

function query(text: string): ReadonlyMap<string, readonly string[]> {
  const fields = parseForm(text, 100);
  if (typeof fields === "string") throw new Error(fields);
  return fields;
}

function operationOf(method: string, text = ""): string {
  const verb = verbOf(method, query(text));
  return verb.refused ? `${verb.status} ${verb.message}` : verb.operation;
}

describe("the operation", () => {
  test.each([
    ["GET", "", "read"],
    ["LIST", "", "list"],
    ["SCAN", "", "scan"],
    ["POST", "", "write"],
    ["PUT", "", "write"],
    ["DELETE", "", "delete"],
    ["PATCH", "", "patch"],
    ["HEAD", "", "head"],
    ["OPTIONS", "", "options"],
    ["GET", "list=true", "list"],
    ["GET", "list=T", "list"],
    ["GET", "list=1&x=2", "list"],
    ["GET", "list=false", "read"],
    ["GET", "list=", "read"],
    ["GET", "scan=true", "scan"],
    ["GET", "list=yes", "400 list is not a boolean"],
    ["GET", "list=tRUE", "400 list is not a boolean"],
    ["GET", "list=true&list=false", "400 list is not a boolean"],
    ["GET", "list=true&scan=true", "400 list and scan cannot be given together"],
    ["POST", "list=true", "write"],
    ["GET", "help=1", "help"],
    ["get", "", "405 "],
    ["TRACE", "", "405 "],
    ["__proto__", "", "405 "],
  ])("of %s ?%s is %s", (method, text, operation) => {
    expect(operationOf(method, text)).toBe(operation);
  });

  test("takes the query as fields only where there is no body", () => {
    const list = verbOf("GET", query("list=true&after=a&limit=1&limit=2"));
    expect(list.refused || fieldsToObject(list.fields)).toEqual(
      new Map<string, unknown>([
        ["after", "a"],
        ["limit", ["1", "2"]],
      ]),
    );
    const write = verbOf("POST", query("a=1"));
    expect(write.refused || write.fields.size).toBe(0);
  });
});

test("booleans are Go's", () => {
  expect(["1", "t", "T", "TRUE", "true", "True"].map(parseGoBoolean)).toEqual(new Array(6).fill(true));
  expect(["0", "f", "F", "FALSE", "false", "False"].map(parseGoBoolean)).toEqual(new Array(6).fill(false));
  expect(["", "yes", "TrUe", " true", "constructor"].map(parseGoBoolean)).toEqual(new Array(5).fill(undefined));
});

describe("a body", () => {
  const form = "application/x-www-form-urlencoded";

  test.each([
    ["", undefined],
    ["", form],
    ["null", "application/json"],
  ])("%j of type %s has no fields", (text, type) => {
    expect(parseBody(Buffer.from(text), type)).toEqual({ ok: true, fields: new Map() });
  });

  test("is JSON whatever its type says", () => {
    for (const type of [undefined, "text/plain", form, "application/json; charset=utf-8"]) {
      expect(parseBody(Buffer.from('{"__proto__":1.0}'), type)).toEqual({
        ok: true,
        fields: new Map([["__proto__", new ExactNumber("1.0")]]),
      });
    }
  });

  test("is a form where its type and its first byte say so", () => {
    const parsed = parseBody(Buffer.from("a=1&b=x+y%26&a=2&constructor="), `${form}; charset=UTF-8`);
    expect(parsed).toEqual({
      ok: true,
      fields: new Map<string, unknown>([
        ["a", ["1", "2"]],
        ["b", "x y&"],
        ["constructor", ""],
      ]),
    });
    expect(parseBody(Buffer.from("a=1;b=2"), form)).toMatchObject({ ok: false, status: 400 });
    expect(parseBody(Buffer.from("a=%"), form)).toMatchObject({ ok: false, status: 400 });
    expect(parseBody(Buffer.from("a=1"), "application/json")).toMatchObject({ ok: false, status: 400 });
  });

  test("that is not JSON is refused by place and not by content", () => {
    expect(parseBody(Buffer.from('{"a": hunter2}'), undefined)).toEqual({
      ok: false,
      status: 400,
      message: "failed to parse JSON input: a value is expected at offset 6",
    });
    expect(parseBody(Buffer.from("[1]"), undefined)).toMatchObject({ ok: false, status: 400 });
    expect(parseBody(Buffer.from('{"a":1}'), undefined, { bytesMax: 3 })).toMatchObject({ ok: false, status: 413 });
  });

  test("of PATCH has to be a merge patch", () => {
    const patch = Buffer.from('{"a":null}');
    expect(parsePatchBody(patch, "application/merge-patch+json")).toMatchObject({ ok: true });
    expect(parsePatchBody(patch, "application/json")).toEqual({
      ok: false,
      status: 415,
      message: "PATCH requires Content-Type of application/merge-patch+json, provided application/json",
    });
    expect(parsePatchBody(patch, undefined)).toMatchObject({ status: 415 });
  });

  test("of any bytes is read or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(undefined, form), (bytes, type) => {
        expect(typeof parseBody(Buffer.from(bytes), type).ok).toBe("boolean");
      }),
    );
  });
});

describe("an envelope", () => {
  test("has Vault's members in Vault's order", () => {
    expect(envelopeText({ requestId: "id", data: { b: "<", a: 1 }, mountType: "kv" })).toBe(
      '{"request_id":"id","lease_id":"","renewable":false,"lease_duration":0,"data":{"b":"\\u003c","a":1},' +
        '"wrap_info":null,"warnings":null,"auth":null,"mount_type":"kv"}\n',
    );
    expect(
      envelopeText({ requestId: "", leaseId: "a/b", renewable: true, leaseDurationSeconds: 60, warnings: ["w"] }),
    ).toBe(
      '{"request_id":"","lease_id":"a/b","renewable":true,"lease_duration":60,"data":null,' +
        '"wrap_info":null,"warnings":["w"],"auth":null}\n',
    );
  });

  test("repeats data beside itself without a second member of one name", () => {
    const repeated = new Map([
      ["secret/", 1],
      ["data", 2],
    ]);
    const text = envelopeText({ requestId: "id", data: repeated, repeated });
    expect(text.startsWith('{"secret/":1,"request_id":"id"')).toBe(true);
    expect(text.match(/"data":/g)).toHaveLength(2);
  });

  test("is left away for errors, bare and empty answers", () => {
    expect(errorAnswer(404, [])).toEqual({ status: 404, headers: undefined, body: '{"errors":[]}\n' });
    expect(errorAnswer(404, [], { data: null }).body).toBe('{"errors":[],"data":{"data":null}}\n');
    expect(errorAnswer(403, ["permission denied"]).body).toBe('{"errors":["permission denied"]}\n');
    expect(bareAnswer(503, { sealed: true }).body).toBe('{"sealed":true}\n');
    expect(emptyAnswer()).toEqual({ status: 204, headers: undefined });
  });
});

describe("Vault's headers", () => {
  function headersOf(lines: Record<string, string>): ReturnType<typeof vaultHeadersOf> {
    const names = Object.keys(lines).map((name) => ({ name, role: "none" as const, singular: false }));
    const headers = new HeaderList(names, Object.values(lines));
    const body = Buffer.alloc(0);
    const request: HttpRequest = { method: "GET", target: "/", versionMinor: 1, headers, body, connection: nowhere };
    return vaultHeadersOf(request);
  }

  test("are typed", () => {
    expect(
      headersOf({
        "x-vault-token": "t",
        "x-vault-namespace": "//a/b/",
        "x-vault-wrap-ttl": "60s",
        "x-vault-index": "v1:x",
        "x-vault-inconsistent": "forward-active-node",
        "x-vault-forward": "active-node",
        "x-vault-request": "true",
        "x-vault-mfa": "m:1",
      }),
    ).toEqual({
      token: "t",
      namespace: "a/b",
      wrapTtl: "60s",
      wrapFormat: undefined,
      indexes: ["v1:x"],
      inconsistent: "forward-active-node",
      forward: "active-node",
      noRequestForwarding: false,
      vaultRequest: true,
      mfa: ["m:1"],
      policyOverride: false,
      contentType: undefined,
    });
  });

  test("give the token of either header", () => {
    expect(headersOf({ authorization: "Bearer abc" }).token).toBe("abc");
    expect(headersOf({ authorization: "bearer  abc" }).token).toBe("abc");
    expect(headersOf({ authorization: "Basic abc" }).token).toBeUndefined();
    expect(headersOf({ "x-vault-token": "" }).token).toBeUndefined();
    expect(headersOf({ authorization: "Bearer " }).token).toBeUndefined();
  });
});

test("connections are counted for each client", () => {
  const counter = new AddressCounter(2);
  expect(["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"].map((address) => counter.take(address))).toEqual([
    true,
    true,
    false,
    true,
  ]);
  counter.release("192.0.2.1");
  expect(counter.take("192.0.2.1")).toBe(true);
  const network = ["2001:db8::1", "2001:db8:0:0:5::", "2001:db8:0:0::2", "2001:db8:0:1::1", "::1"];
  expect(network.map((address) => counter.take(address))).toEqual([true, true, false, true, true]);
});
