import * as fc from "fast-check";
import type { CanonicalTarget } from "./path-canonical";
import { canonicalPath, encodePath } from "./path-canonical";

function pathOf(target: CanonicalTarget): string {
  return target.ok ? target.path : `refused: ${target.code}`;
}

describe("canonicalPath", () => {
  test.each([
    ["/v1/secret/data/a", "secret/data/a"],
    ["/v1/secret/metadata/", "secret/metadata/"],
    ["/v1/", ""],
    ["/v1/a%20b/c", "a b/c"],
    ["/v1/%61", "a"],
    ["/v1/%2541", "%41"],
    ["/v1/%252e%252e/x", "%2e%2e/x"],
    ["/v1/%252f", "%2f"],
    ["/v1/a;p=1/b", "a;p=1/b"],
    ["/v1/a+b", "a+b"],
    ["/v1/...", "..."],
    ["/v1/a..b/.hidden", "a..b/.hidden"],
    ["/v1/%D0%BA%D0%BB", "кл"],
    ["/v1/\u00d0\u00ba", "к"],
    ["/v1/K", "K"],
    ["/v1/%E2%84%AA", "\u212a"],
    ["/v1/%C3%A9", "\u00e9"],
    ["/v1/e%CC%81", "e\u0301"],
    ["/v1/__proto__/constructor", "__proto__/constructor"],
  ])("%s is %j", (raw, path) => {
    expect(pathOf(canonicalPath(raw))).toBe(path);
  });

  test.each([
    ["/", "outside_v1"],
    ["/v1", "outside_v1"],
    ["/V1/a", "outside_v1"],
    ["/%76%31/a", "outside_v1"],
    ["/v1%2fa", "outside_v1"],
    ["//v1/a", "outside_v1"],
    ["/x/../v1/a", "outside_v1"],
    ["http://h/v1/a", "outside_v1"],
    ["/v1//a", "empty_segment"],
    ["/v1/a//b", "empty_segment"],
    ["/v1/a//", "empty_segment"],
    ["/v1//", "empty_segment"],
    ["/v1/a/./b", "dot_segment"],
    ["/v1/a/../sys/seal", "dot_segment"],
    ["/v1/a/..", "dot_segment"],
    ["/v1/.", "dot_segment"],
    ["/v1/a/%2e%2e/b", "dot_segment"],
    ["/v1/a/%2E./b", "dot_segment"],
    ["/v1/a/.%2e", "dot_segment"],
    ["/v1/a/%2e/b", "dot_segment"],
    ["/v1/a%2e%2Eb", "dot_segment"],
    ["/v1/a%2fb", "encoded_separator"],
    ["/v1/a%2Fb", "encoded_separator"],
    ["/v1/a\\b", "encoded_separator"],
    ["/v1/a%5cb", "encoded_separator"],
    ["/v1/%00", "unprintable"],
    ["/v1/a%0ab", "unprintable"],
    ["/v1/a%7f", "unprintable"],
    ["/v1/a%C2%85", "unprintable"],
    ["/v1/a%C2%A0", "unprintable"],
    ["/v1/a%E2%80%AE", "unprintable"],
    ["/v1/a%EF%BB%BF", "unprintable"],
    ["/v1/%EF%BB%BFa", "unprintable"],
    ["/v1/a%E2%80%A8", "unprintable"],
    ["/v1/%", "bad_escape"],
    ["/v1/%zz", "bad_escape"],
    ["/v1/%1", "bad_escape"],
    ["/v1/%u0041", "bad_escape"],
    ["/v1/%ff", "bad_encoding"],
    ["/v1/%c0%af", "bad_encoding"],
    ["/v1/%ed%a0%80", "bad_encoding"],
    ["/v1/a?x=%zz", "bad_query"],
    ["/v1/a?x=1;y=2", "bad_query"],
    ["/v1/a?x=%ff", "bad_query"],
    [`/v1/${"a".repeat(9000)}`, "too_long"],
    [`/v1/a?${"x&".repeat(129)}`, "too_many_parameters"],
  ])("refuses %.40s with %s", (raw, code) => {
    expect(canonicalPath(raw)).toMatchObject({ ok: false, code });
  });

  test("decodes the query", () => {
    const target = canonicalPath("/v1/a?list=true&x=1&x=%31%2B+&__proto__=p&&flag");
    expect(target).toEqual({
      ok: true,
      path: "a",
      query: new Map([
        ["list", ["true"]],
        ["x", ["1", "1+ "]],
        ["__proto__", ["p"]],
        ["flag", [""]],
      ]),
    });
  });
});

const rawPiece = fc.constantFrom(
  ..."ab./%25fFcC\\?;+~e0 ",
  "%2e",
  "%2F",
  "%61",
  "%41",
  "%20",
  "%c3%a9",
  "%00",
  "%25",
  "..",
  "\u00c3\u00a9",
);
const rawTarget = fc.array(rawPiece, { maxLength: 14 }).map((pieces) => `/v1/${pieces.join("")}`);

describe("canonical paths", () => {
  test("are their own canonical form", () => {
    fc.assert(
      fc.property(rawTarget, (raw) => {
        const target = canonicalPath(raw);
        if (!target.ok) return;
        expect(pathOf(canonicalPath(`/v1/${encodePath(target.path)}`))).toBe(target.path);
      }),
      { numRuns: 5000 },
    );
  });

  test("have no relative, empty or hidden segment and no separator of another kind", () => {
    fc.assert(
      fc.property(rawTarget, (raw) => {
        const target = canonicalPath(raw);
        if (!target.ok) return;
        const segments = target.path.split("/");
        expect(segments.slice(0, -1)).not.toContain("");
        expect(segments).not.toContain(".");
        expect(segments).not.toContain("..");
        expect(target.path).not.toMatch(/[\\\p{Cc}]/u);
        // As many separators as the client wrote: routing on the raw and on the decoded path splits alike.
        expect(segments.length).toBe(raw.slice(4).split("?", 1)[0]?.split("/").length);
      }),
      { numRuns: 5000 },
    );
  });

  test("are equal exactly when the decoded bytes are equal", () => {
    fc.assert(
      fc.property(rawTarget, rawTarget, (left, right) => {
        const [one, other] = [canonicalPath(left), canonicalPath(right)];
        if (!one.ok || !other.ok) return;
        const decoded = [left, right].map((raw) => {
          const path = raw.split("?", 1)[0] ?? "";
          return decodeURIComponent(path.replace(/[\u0080-\u00ff]/g, (unit) => `%${unit.charCodeAt(0).toString(16)}`));
        });
        expect(one.path === other.path).toBe(decoded[0] === decoded[1]);
      }),
      { numRuns: 5000 },
    );
  });

  test("every path of printable segments can be asked for", () => {
    const segment = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        const path = segments.map((text) => text.replaceAll("/", "-").replaceAll("\\", "-")).join("/");
        fc.pre(!path.split("/").some((text) => text === "." || text === ".."));
        expect(pathOf(canonicalPath(`/v1/${encodePath(path)}`))).toBe(path);
      }),
    );
  });
});
