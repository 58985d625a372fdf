import * as fc from "fast-check";
import type { HttpLimits } from "./limits";
import { defaultHttpLimits } from "./limits";
import { isFault, RequestReader } from "./request-reader";
import type { RequestView } from "./test-peer";
import { nowhere, viewOf } from "./test-peer";

type Result = RequestView | number;

/** All requests in the chunks, then the status of the fault if there is one. */
function readAll(chunks: readonly Buffer[], limits: Partial<HttpLimits> = {}): Result[] {
  const settled = { ...defaultHttpLimits, ...limits };
  const reader = new RequestReader(settled, () => settled.bodyBytesMax, nowhere);
  const results: Result[] = [];
  for (const chunk of chunks) {
    reader.push(Buffer.from(chunk));
    for (let next = reader.read(); next !== null; next = reader.read()) {
      results.push(isFault(next) ? next.status : viewOf(next));
    }
  }
  return results;
}

function read(text: string, limits: Partial<HttpLimits> = {}): Result[] {
  return readAll([Buffer.from(text, "latin1")], limits);
}

function request(...lines: string[]): string {
  return `${["GET /v1/a HTTP/1.1", "Host: h", ...lines].join("\r\n")}\r\n\r\n`;
}

/** What the first request is answered with for its form alone; 0: it is accepted, -1: more bytes are awaited. */
function statusOf(text: string, limits: Partial<HttpLimits> = {}): number {
  const [first] = read(text, limits);
  return typeof first === "number" ? first : first === undefined ? -1 : 0;
}

const CHUNKED = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

const accepted: [string, string][] = [
  ["a plain request", request()],
  ["an empty line before a request", `\r\n${request()}`],
  ["the LIST verb", "LIST /v1/secret/ HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["any token as method", "X!#$%&'*+-.^_`|~ / HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n"],
  ["a header named __proto__", request("__proto__: x", "constructor: y")],
  ["an empty header value", request("X-A:")],
  ["obs-text", request("X-A: \xe9")],
  ["blanks around a value", request("X-A: \t b \t ")],
  ["a GET with a body", request("Content-Length: 2").concat("ab")],
  ["equal tokens in both headers", request("X-Vault-Token: t", "Authorization: Bearer t")],
  ["a token beside another scheme", request("X-Vault-Token: t", "Authorization: Basic eA==")],
  [
    "several MFA and index headers",
    request("X-Vault-MFA: a", "X-Vault-MFA: b", "X-Vault-Index: 1", "X-Vault-Index: 2"),
  ],
  ["repeated headers that are lists", request("X-Forwarded-For: 1", "X-Forwarded-For: 2", "Accept: a", "Accept: b")],
  ["chunks", `${CHUNKED}3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n`],
  ["a chunk extension and a trailer", `${CHUNKED}3;a="b"\r\nabc\r\n0\r\nX-T: v\r\n\r\n`],
];

const refused: [string, number, string][] = [
  ["Content-Length and Transfer-Encoding", 400, request("Content-Length: 3", "Transfer-Encoding: chunked")],
  ["two Content-Length", 400, request("Content-Length: 3", "Content-Length: 3")],
  ["a list in Content-Length", 400, request("Content-Length: 3, 3")],
  ["a signed Content-Length", 400, request("Content-Length: +3")],
  ["a negative Content-Length", 400, request("Content-Length: -1")],
  ["a hexadecimal Content-Length", 400, request("Content-Length: 0x3")],
  ["a blank in Content-Length", 400, request("Content-Length: 1 0")],
  ["an empty Content-Length", 400, request("Content-Length:")],
  ["an endless Content-Length", 400, request("Content-Length: 99999999999999999999")],
  ["two Transfer-Encoding", 400, request("Transfer-Encoding: chunked", "Transfer-Encoding: chunked")],
  ["chunked twice", 400, request("Transfer-Encoding: chunked, chunked")],
  ["an empty Transfer-Encoding", 400, request("Transfer-Encoding:")],
  ["another coding", 501, request("Transfer-Encoding: gzip, chunked")],
  ["identity", 501, request("Transfer-Encoding: identity")],
  ["an obfuscated coding", 501, request("Transfer-Encoding: xchunked")],
  ["a vertical tab before chunked", 400, request("Transfer-Encoding: \x0bchunked")],
  ["Transfer-Encoding in HTTP/1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["a blank before the colon", 400, request("Transfer-Encoding : chunked")],
  ["a tab before the colon", 400, request("Content-Length\t: 3")],
  ["folding", 400, request("X-A: b", " c")],
  ["folding by a tab", 400, request("X-A: b", "\tc")],
  ["folding in the first header", 400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"],
  ["a header without a colon", 400, request("X-A")],
  ["a header without a name", 400, request(": a")],
  ["a blank in a name", 400, request("X A: b")],
  ["a NUL in a name", 400, request("X\0A: b")],
  ["obs-text in a name", 400, request("X\xe9: b")],
  ["a NUL in a value", 400, request("X-A: a\0b")],
  ["DEL in a value", 400, request("X-A: a\x7fb")],
  ["a bare CR in a value", 400, request("X-A: a\rb")],
  ["a bare LF after a value", 400, "GET / HTTP/1.1\r\nHost: h\nX-A: b\r\n\r\n"],
  ["a bare LF after the request line", 400, "GET / HTTP/1.1\nHost: h\r\n\r\n"],
  ["bare LF everywhere", 400, "GET / HTTP/1.1\nHost: h\n\n"],
  ["a bare LF as the empty line", 400, "GET / HTTP/1.1\r\nHost: h\r\n\nX"],
  ["CR CR LF", 400, "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n"],
  ["a second empty line before a request", 400, `\r\n\r\n${request()}`],
  ["no Host", 400, "GET / HTTP/1.1\r\n\r\n"],
  ["two Host", 400, request("host: h")],
  ["a path in Host", 400, "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n"],
  ["userinfo in Host", 400, "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"],
  ["two tokens", 400, request("X-Vault-Token: a", "x-vault-token: b")],
  ["the same token twice", 400, request("X-Vault-Token: a", "X-Vault-Token: a")],
  ["two namespaces", 400, request("X-Vault-Namespace: a", "X-Vault-Namespace: b")],
  ["two of an unknown X-Vault header", 400, request("X-Vault-New: a", "X-VAULT-NEW: b")],
  ["two Authorization", 400, request("Authorization: Bearer a", "Authorization: Bearer a")],
  ["different tokens", 400, request("X-Vault-Token: a", "Authorization: bEaReR b")],
  ["two Content-Type", 400, request("Content-Type: a/b", "Content-Type: a/c")],
  ["absolute form", 400, "GET http://h/v1/a HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["asterisk form", 400, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["authority form", 400, "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["a fragment", 400, "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["a NUL in the target", 400, "GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["a tab in the target", 400, "GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["two blanks before the target", 400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["two blanks before the version", 400, "GET /  HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["a blank behind the version", 400, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"],
  ["a blank before the method", 400, " GET / HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["HTTP/0.9", 400, "GET /\r\n"],
  ["a lower-case version", 400, "GET / http/1.1\r\nHost: h\r\n\r\n"],
  ["HTTP/1.2", 505, "GET / HTTP/1.2\r\nHost: h\r\n\r\n"],
  ["the HTTP/2 preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["an odd version", 400, "GET / HTTP/1.10\r\nHost: h\r\n\r\n"],
  ["a long method", 501, "ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["a TLS hello", 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  ["another expectation", 417, request("Expect: 200-ok")],
  ["a chunk size with a sign", 400, `${CHUNKED}+3\r\nabc\r\n0\r\n\r\n`],
  ["a chunk size with 0x", 400, `${CHUNKED}0x3\r\nabc\r\n0\r\n\r\n`],
  ["an empty chunk size", 400, `${CHUNKED}\r\nabc\r\n0\r\n\r\n`],
  ["a blank behind a chunk size", 400, `${CHUNKED}3 \r\nabc\r\n0\r\n\r\n`],
  ["a chunk size with a bare LF", 400, `${CHUNKED}3\nabc\r\n0\r\n\r\n`],
  ["a bare LF in an extension", 400, `${CHUNKED}3;a\nabc\r\n0\r\n\r\n`],
  ["a chunk longer than its size", 400, `${CHUNKED}3\r\nabcd\r\n0\r\n\r\n`],
  ["a chunk that ends in LF", 400, `${CHUNKED}3\r\nabc\n0\r\n\r\n`],
  ["a huge chunk size", 400, `${CHUNKED}fffffffff\r\n`],
  ["a large chunk size", 413, `${CHUNKED}ffffffff\r\n`],
  ["a malformed trailer", 400, `${CHUNKED}0\r\nX T: v\r\n\r\n`],
  ["a trailer with a bare LF", 400, `${CHUNKED}0\r\nX-T: v\n\r\n`],
];

describe("a request", () => {
  test.each(accepted)("is accepted: %s", (_, text) => {
    expect(statusOf(text)).toBe(0);
    expect(read(text + text)).toHaveLength(2);
  });

  test.each(refused)("is refused: %s (%i)", (_, status, text) => {
    expect(read(text)).toEqual([status]);
    expect(readAll([...Buffer.from(text, "latin1")].map((byte) => Buffer.of(byte)))).toEqual([status]);
    // Nothing behind a fault is ever read as a request.
    expect(read(text + request())).toEqual([status]);
  });

  test("is held to its limits", () => {
    const long = "a".repeat(100);
    expect(statusOf(`GET /${long}`, { requestLineBytesMax: 64 })).toBe(414);
    expect(statusOf(`GET /${long} HTTP/1.1\r\nHost: h\r\n\r\n`, { requestLineBytesMax: 64 })).toBe(414);
    expect(statusOf(request(`X-A: ${long}`), { headBytesMax: 100 })).toBe(431);
    expect(statusOf(`GET / HTTP/1.1\r\nX-A: ${long}`, { headBytesMax: 100 })).toBe(431);
    expect(statusOf(request("A: 1", "B: 2"), { headerCountMax: 2 })).toBe(431);
    expect(statusOf(request("A: 1"), { headerCountMax: 2 })).toBe(0);
    expect(statusOf(request("Content-Length: 11"), { bodyBytesMax: 10 })).toBe(413);
    expect(statusOf(request("Content-Length: 10").concat("0123456789"), { bodyBytesMax: 10 })).toBe(0);
    expect(statusOf(`${CHUNKED}6\r\n012345\r\n5\r\n`, { bodyBytesMax: 10 })).toBe(413);
    expect(statusOf(`${CHUNKED}1;${long}`, { chunkExtensionBytesMax: 50 })).toBe(400);
    expect(statusOf(`${CHUNKED}1;12345\r\na\r\n1;12345\r\n`, { chunkExtensionBytesMax: 9 })).toBe(400);
    expect(statusOf(`${CHUNKED}0\r\nX: ${long}`, { trailerBytesMax: 50 })).toBe(431);
  });

  test("carries what was sent", () => {
    const text = `PATCH /v1/a%2Fb?x=1 HTTP/1.1\r\nhOsT: h:8200\r\nX-Odd: \t a b\t\r\nX-Odd: c\r\nContent-Length: 3\r\n\r\nx\0y`;
    expect(read(text)).toEqual([
      {
        method: "PATCH",
        target: "/v1/a%2Fb?x=1",
        headers: [
          ["host", "h:8200"],
          ["x-odd", "a b"],
          ["x-odd", "c"],
          ["content-length", "3"],
        ],
        body: "x\0y",
      },
    ]);
  });
});

/** The bytes cut at the given fractions of their length. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index] ?? 0, end));
}

const corpus = [...accepted.map(([, text]) => text), ...refused.map(([, , text]) => text)];
const stream = fc.array(fc.constantFrom(...corpus), { minLength: 1, maxLength: 4 }).map((texts) => texts.join(""));
const fraction = fc.double({ min: 0, max: 1, noNaN: true });

describe("any bytes", () => {
  test("mean the same however they are cut into chunks", () => {
    fc.assert(
      fc.property(stream, fc.array(fraction, { maxLength: 12 }), (text, cuts) => {
        const bytes = Buffer.from(text, "latin1");
        expect(readAll(cut(bytes, cuts))).toEqual(readAll([bytes]));
      }),
      { numRuns: 2000 },
    );
  });

  test("mean the same in any cut after random damage, and never throw", () => {
    const damage = fc.array(fc.tuple(fraction, fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(stream, damage, fc.array(fraction, { maxLength: 6 }), (text, hits, cuts) => {
        const bytes = Buffer.from(text, "latin1");
        for (const [place, byte] of hits) bytes[Math.floor(place * (bytes.length - 1))] = byte;
        expect(readAll(cut(bytes, cuts))).toEqual(readAll([bytes]));
      }),
      { numRuns: 3000 },
    );
  });

  test("of a head that drips in cost no quadratic work", () => {
    const head = Buffer.from(request(`X-A: ${"a".repeat(15_000)}`), "latin1");
    const started = process.hrtime.bigint();
    for (let round = 0; round < 5; round++) expect(readAll([...head].map((byte) => Buffer.of(byte)))).toHaveLength(1);
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(5_000);
  });
});
