import type { RawJson } from "../../../sdk/json";
import { addVersion, encodeKeyMetadata, newKeyMetadata } from "./key-metadata";
import { versionOneKeys, versionTwoKeys } from "./stored-keys";

const NOW = 1_000;

const text = (found: unknown): string => String((found as RawJson).text);

function metadata(versions: number, deletionAtMilliseconds?: number): Buffer {
  let made = newKeyMetadata(0);
  for (let n = 1; n <= versions; n += 1) {
    const deletion = n === versions ? deletionAtMilliseconds : undefined;
    const version = { createdAtMilliseconds: n, deletionAtMilliseconds: deletion, destroyed: false };
    made = addVersion(made, version, 10).metadata;
  }
  return encodeKeyMetadata(made);
}

test("version 1: the path is the key's, and the last value is written again", () => {
  expect(versionOneKeys.pathOf("secret/a/b")).toBe("a/b");
  expect(versionOneKeys.pathOf("other/a")).toBeUndefined();
  const states = [{ key: "secret/a", value: Buffer.from('60\n{"v":"x"}') }];
  expect(text(versionOneKeys.read?.("a", states, NOW))).toBe('{"v":"x"}');
  expect(versionOneKeys.replay?.("a", states, NOW)).toEqual({
    operation: "update",
    path: "a",
    body: Buffer.from('{"v":"x"}'),
    overwrites: true,
  });
  expect(versionOneKeys.replay?.("a", [{ key: "secret/a", value: undefined }], NOW)).toMatchObject({
    operation: "delete",
    path: "a",
    overwrites: true,
  });
});

test("version 2: metadata and versions are one path; what was current is written again", () => {
  expect(versionTwoKeys.pathOf("metadata/a/b")).toBe("data/a/b");
  expect(versionTwoKeys.pathOf("versions/12/a/b")).toBe("data/a/b");
  expect(versionTwoKeys.pathOf("config")).toBe("config");
  const versions = [1, 2].map((n) => ({ key: `versions/${n}/a`, value: Buffer.from(`{"v":${n}}`) }));
  const replayed = { operation: "update", path: "data/a", body: Buffer.from('{"data":{"v":2}}'), overwrites: false };
  expect(versionTwoKeys.replay?.("data/a", versions, NOW)).toEqual(replayed);
  const known = [{ key: "metadata/a", value: metadata(2) }, ...versions];
  expect(versionTwoKeys.replay?.("data/a", known, NOW)).toEqual(replayed);
  expect(versionTwoKeys.read?.("data/a", known, NOW)).toMatchObject({ metadata: { version: 2, deleted: false } });
});

test("version 2: a deletion is made again as one, a lifetime that still runs is none, and settings are refused", () => {
  const versions = [{ key: "versions/1/a", value: Buffer.from('{"v":1}') }];
  const deleted = [{ key: "metadata/a", value: metadata(1, NOW) }, ...versions];
  expect(versionTwoKeys.replay?.("data/a", deleted, NOW)).toMatchObject({ operation: "delete", path: "data/a" });
  const living = [{ key: "metadata/a", value: metadata(1, NOW + 1) }, ...versions];
  expect(versionTwoKeys.replay?.("data/a", living, NOW)).toMatchObject({ operation: "update" });
  const gone = [{ key: "metadata/a", value: undefined }];
  expect(versionTwoKeys.replay?.("data/a", gone, NOW)).toMatchObject({
    operation: "delete",
    path: "metadata/a",
    overwrites: true,
  });
  expect(versionTwoKeys.replay?.("data/a", [{ key: "metadata/a", value: metadata(0) }], NOW)).toContain("metadata");
  expect(versionTwoKeys.replay?.("config", [{ key: "config", value: Buffer.from("[1]") }], NOW)).toContain("settings");
});
