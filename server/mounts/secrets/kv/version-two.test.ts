import * as fc from "fast-check";
import { parseJson, stringifyJson } from "../../../sdk/json";
import type { Outcome } from "../../../sdk/outcome";
import { openMount } from "../../../sdk/testing/call-path";
import { mountContext, type TestMountContext } from "../../../sdk/testing/mount-context";
import { kv } from ".";

function start(): { context: TestMountContext; call: ReturnType<typeof openMount> } {
  const context = mountContext({ options: { version: "2" } });
  return { context, call: openMount(kv, context) };
}

/** The answer's data as a client would see it. */
function json(outcome: Outcome): unknown {
  if (outcome.kind !== "data" && outcome.kind !== "not_found") throw new Error(`the outcome is ${outcome.kind}`);
  return JSON.parse(stringifyJson(outcome.data ?? null));
}

const CREATED = "2026-01-02T03:04:05.678000000Z";

describe("data", () => {
  test("what is written is read, with the metadata of its version", async () => {
    const { call } = start();
    const written = await call("write", "data/a/b", { body: { data: { user: "u", port: 1 } } });
    expect(json(written)).toEqual({
      created_time: CREATED,
      custom_metadata: null,
      deletion_time: "",
      destroyed: false,
      version: 1,
    });
    expect(json(await call("read", "data/a/b"))).toEqual({ data: { user: "u", port: 1 }, metadata: json(written) });
  });

  test("the answer needs no wait when the cache holds it, and is the same when it does not", async () => {
    const { context, call } = start();
    await call("write", "data/a", { body: { data: { k: "v" } } });
    const cached = json(await call("read", "data/a"));
    context.barrier.cached = false;
    expect(json(await call("read", "data/a"))).toEqual(cached);
  });

  test("any JSON object comes back exactly", async () => {
    const texts = [
      '{"__proto__":{"polluted":true},"constructor":1,"toString":"x"}',
      '{"b":1,"a":2,"10":3,"2":4}',
      '{"big":9007199254740993,"huge":1e400,"zero":-0,"one":1.0,"tiny":0.1e-400}',
      `{"digits":${"7".repeat(10_000)}}`,
      '{"":"","\\u0000":"\\u0000","nested":[[],{},null,[{"x":[1]}]]}',
      "{}",
    ];
    const { call } = start();
    for (const text of texts) {
      await call("write", "data/exact", { body: `{"data":${text}}` });
      const outcome = await call("read", "data/exact");
      if (outcome.kind !== "data") throw new Error(outcome.kind);
      const answer = stringifyJson(outcome.data);
      expect(answer.startsWith(`{"data":${stringifyJson(parseJson(text))},"metadata":`)).toBe(true);
    }
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  test("generated data comes back exactly", async () => {
    const { call } = start();
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 8 }), async (data) => {
        const text = JSON.stringify(data);
        await call("write", "data/x", { body: `{"data":${text}}` });
        const outcome = await call("read", "data/x");
        if (outcome.kind !== "data") throw new Error(outcome.kind);
        const answer = stringifyJson(outcome.data);
        expect(answer.startsWith(`{"data":${stringifyJson(parseJson(text))},`)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test("older versions stay readable until more than max_versions are newer", async () => {
    const { context, call } = start();
    for (let version = 1; version <= 12; version++) await call("write", "data/a", { body: { data: { version } } });
    expect(json(await call("read", "data/a"))).toMatchObject({ data: { version: 12 } });
    expect(json(await call("read", "data/a", { query: { version: "3" } }))).toMatchObject({ data: { version: 3 } });
    expect(await call("read", "data/a", { query: { version: "2" } })).toEqual({ kind: "not_found" });
    expect(json(await call("read", "metadata/a"))).toMatchObject({ current_version: 12, oldest_version: 3 });
    await call("update", "metadata/a", { body: { max_versions: 11 } });
    await call("update", "config", { body: { max_versions: 2 } });
    await call("write", "data/a", { body: { data: {} } });
    expect(await context.storage.listAll("versions/", { limit: 100 })).toHaveLength(11);
    await call("update", "metadata/a", { body: { max_versions: 1 } });
    await call("write", "data/a", { body: { data: {} } });
    expect(await context.storage.listAll("versions/", { limit: 100 })).toEqual(["versions/13/a", "versions/14/a"]);
    expect(json(await call("read", "metadata/a"))).toMatchObject({ oldest_version: 13 });
  });

  test("check-and-set", async () => {
    const { call } = start();
    const write = (cas?: unknown, path = "data/a"): Promise<Outcome> =>
      call("write", path, { body: `{"data":{},"options":${JSON.stringify(cas === undefined ? {} : { cas })}}` });
    const mismatch = "check-and-set parameter did not match the current version";
    await expect(write(1)).rejects.toMatchObject({ status: 400, publicText: mismatch });
    expect(json(await write(0))).toMatchObject({ version: 1 });
    await expect(write(0)).rejects.toMatchObject({ publicText: mismatch });
    expect(json(await write("1"))).toMatchObject({ version: 2 });
    await expect(write("x")).rejects.toMatchObject({ publicText: "error parsing check-and-set parameter" });
    await expect(write(-1)).rejects.toMatchObject({ status: 400 });
    await call("update", "config", { body: { cas_required: true } });
    const required = "check-and-set parameter required for this call";
    await expect(write()).rejects.toMatchObject({ status: 400, publicText: required });
    expect(json(await write(2))).toMatchObject({ version: 3 });
    await call("update", "config", { body: { cas_required: false } });
    await call("update", "metadata/a", { body: { cas_required: true } });
    await expect(write()).rejects.toMatchObject({ publicText: required });
    expect(json(await write(undefined, "data/other"))).toMatchObject({ version: 1 });
  });

  test("a write without data is refused", async () => {
    const { call } = start();
    await expect(call("write", "data/a", { body: {} })).rejects.toMatchObject({ publicText: "no data provided" });
    await expect(call("write", "data/a", { body: '{"data":null}' })).rejects.toMatchObject({ status: 400 });
    await expect(call("write", "data/a", { body: '{"data":[1]}' })).rejects.toMatchObject({ status: 400 });
  });

  test("a path that no storage could take is refused", async () => {
    const { call } = start();
    await expect(call("write", `data/${"é".repeat(801)}`, { body: { data: {} } })).rejects.toMatchObject({
      status: 400,
    });
    await call("write", `data/${"é".repeat(800)}`, { body: { data: {} } });
  });

  test("merge patch (RFC 7396)", async () => {
    const { call } = start();
    const patch = (text: string): Promise<Outcome> => call("patch", "data/a", { body: `{"data":${text}}` });
    expect(await patch("{}")).toEqual({ kind: "not_found" });
    await call("write", "data/a", { body: '{"data":{"a":{"b":"c","d":9007199254740993},"e":[1,2],"__proto__":1}}' });
    expect(json(await patch('{"a":{"b":null,"f":{"g":null,"h":1}},"e":[3],"i":{"j":null}}'))).toMatchObject({
      version: 2,
    });
    const outcome = await call("read", "data/a");
    if (outcome.kind !== "data") throw new Error(outcome.kind);
    const expected = '{"data":{"a":{"d":9007199254740993,"f":{"h":1}},"e":[3],"__proto__":1,"i":{}},';
    expect(stringifyJson(outcome.data).startsWith(expected)).toBe(true);
    await call("delete", "data/a");
    expect(json(await patch("{}"))).toMatchObject({ version: 2, deletion_time: CREATED });
  });
});

describe("deleting", () => {
  test("a deleted version answers its metadata with data null, and comes back", async () => {
    const { call } = start();
    await call("write", "data/a", { body: { data: { k: 1 } } });
    await call("delete", "data/a");
    const deleted = await call("read", "data/a");
    expect(deleted.kind).toBe("not_found");
    expect(json(deleted)).toEqual({
      data: null,
      metadata: { created_time: CREATED, custom_metadata: null, deletion_time: CREATED, destroyed: false, version: 1 },
    });
    expect(await call("update", "undelete/a", { body: { versions: [1] } })).toEqual({ kind: "empty" });
    expect(json(await call("read", "data/a"))).toMatchObject({ data: { k: 1 } });
  });

  test("destroy removes the data for good", async () => {
    const { context, call } = start();
    for (let version = 1; version <= 3; version++) await call("write", "data/a", { body: { data: { version } } });
    await call("update", "destroy/a", { body: { versions: "1,3,99" } });
    await call("update", "undelete/a", { body: { versions: ["1"] } });
    expect(await context.storage.listAll("versions/", { limit: 10 })).toEqual(["versions/2/a"]);
    const destroyed = await call("read", "data/a");
    expect(destroyed.kind).toBe("not_found");
    expect(json(destroyed)).toMatchObject({ data: null, metadata: { destroyed: true, version: 3, deletion_time: "" } });
    expect(json(await call("read", "data/a", { query: { version: "2" } }))).toMatchObject({ data: { version: 2 } });
  });

  test("versions must be given, and what does not exist is no error", async () => {
    const { call } = start();
    for (const action of ["delete", "undelete", "destroy"]) {
      const none = { status: 400, publicText: "No version number provided" };
      await expect(call("update", `${action}/a`, { body: {} })).rejects.toMatchObject(none);
      expect(await call("update", `${action}/a`, { body: { versions: [1] } })).toEqual({ kind: "empty" });
    }
    expect(await call("delete", "data/a")).toEqual({ kind: "empty" });
    expect(await call("delete", "metadata/a")).toEqual({ kind: "empty" });
  });

  test("delete_version_after deletes by itself: the shorter one of mount and key; a negative one switches it off", async () => {
    const { context, call } = start();
    await call("update", "config", { body: { delete_version_after: "3h25m19s" } });
    await call("update", "metadata/a", { body: { delete_version_after: 90 } });
    expect(json(await call("read", "config"))).toMatchObject({ delete_version_after: "3h25m19s" });
    expect(json(await call("read", "metadata/a"))).toMatchObject({ delete_version_after: "1m30s" });
    const written = json(await call("write", "data/a", { body: { data: {} } }));
    expect(written).toMatchObject({ deletion_time: "2026-01-02T03:05:35.678000000Z" });
    context.clock.advance(89_999);
    expect((await call("read", "data/a")).kind).toBe("data");
    context.clock.advance(1);
    expect((await call("read", "data/a")).kind).toBe("not_found");
    await call("update", "config", { body: { delete_version_after: "-1s" } });
    expect(json(await call("read", "config"))).toMatchObject({ delete_version_after: "-1s" });
    expect(json(await call("write", "data/a", { body: { data: {} } }))).toMatchObject({ deletion_time: "" });
    await expect(call("update", "config", { body: { delete_version_after: "soon" } })).rejects.toMatchObject({
      status: 400,
    });
  });

  test("deleting the metadata removes everything", async () => {
    const { context, call } = start();
    for (let version = 1; version <= 3; version++) await call("write", "data/a", { body: { data: { version } } });
    await call("delete", "metadata/a");
    expect(await context.storage.listAll("", { limit: 10 })).toEqual([]);
    expect(await call("read", "data/a")).toEqual({ kind: "not_found" });
    expect(json(await call("write", "data/a", { body: { data: {} } }))).toMatchObject({ version: 1 });
  });
});

describe("metadata", () => {
  test("lists are sorted, with folders", async () => {
    const { call } = start();
    for (const path of ["b", "a/x", "a/y/z", "a", "é", "B"])
      await call("write", `data/${path}`, { body: { data: {} } });
    expect(await call("list", "metadata")).toEqual({ kind: "list", keys: ["B", "a", "a/", "b", "é"] });
    expect(await call("list", "metadata/a")).toEqual({ kind: "list", keys: ["x", "y/"] });
    const page = { query: { after: "a", limit: "2" } };
    expect(await call("list", "metadata", page)).toEqual({ kind: "list", keys: ["a/", "b"] });
    expect(await call("list", "metadata/none")).toEqual({ kind: "list", keys: [] });
  });

  test("custom metadata is replaced by a write and merged by a patch", async () => {
    const { call } = start();
    await call("write", "metadata/a", { body: '{"custom_metadata":{"owner":"x","__proto__":"p","n":1}}' });
    expect(json(await call("read", "metadata/a"))).toEqual({
      cas_required: false,
      created_time: CREATED,
      current_version: 0,
      custom_metadata: JSON.parse('{"owner":"x","__proto__":"p","n":"1"}'),
      delete_version_after: "0s",
      max_versions: 0,
      oldest_version: 0,
      updated_time: CREATED,
      versions: {},
    });
    expect(await call("read", "data/a")).toEqual({ kind: "not_found" });
    await call("patch", "metadata/a", { body: '{"custom_metadata":{"owner":null,"z":"2"},"max_versions":4}' });
    const patched = { custom_metadata: { n: "1", z: "2" }, max_versions: 4 };
    expect(json(await call("read", "metadata/a"))).toMatchObject(patched);
    await call("patch", "metadata/a", { body: '{"custom_metadata":null,"max_versions":null}' });
    expect(json(await call("read", "metadata/a"))).toMatchObject({ custom_metadata: null, max_versions: 0 });
    expect(await call("patch", "metadata/none", { body: {} })).toEqual({ kind: "not_found" });
  });

  test("custom metadata over its limits is refused without its values", async () => {
    const { call } = start();
    const canary = "canary-value";
    const wrong = [
      Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, canary])),
      { ["k".repeat(129)]: canary },
      { "": canary },
      { k: canary.repeat(50) },
      { k: "" },
      { "k\n": canary },
      { k: `${canary}\u0007` },
      { k: [canary] },
    ];
    for (const custom_metadata of wrong) {
      const outcome = call("write", "metadata/a", { body: { custom_metadata } });
      await expect(outcome).rejects.toMatchObject({ status: 400 });
      await expect(outcome).rejects.toThrow(/^custom_metadata validation failed: (?!.*canary)/s);
    }
  });

  test("max_versions has limits, and a setting that the mount overrides is warned about", async () => {
    const { call } = start();
    await expect(call("write", "metadata/a", { body: { max_versions: -1 } })).rejects.toMatchObject({ status: 400 });
    await expect(call("update", "config", { body: { max_versions: 5001 } })).rejects.toMatchObject({ status: 400 });
    await call("update", "config", { body: { cas_required: true } });
    const outcome = await call("write", "metadata/a", { body: { cas_required: false } });
    expect(outcome).toMatchObject({ kind: "empty", warnings: [expect.stringContaining("mandated by backend config")] });
  });
});

test("subkeys show names only", async () => {
  const { call } = start();
  await call("write", "data/a", { body: '{"data":{"a":{"b":{"c":"secret"}},"d":"secret","e":{},"f":["secret"]}}' });
  const all = await call("read", "subkeys/a");
  expect(json(all)).toMatchObject({ subkeys: { a: { b: { c: null } }, d: null, e: null, f: null } });
  expect(JSON.stringify(json(all))).not.toContain("secret");
  const shallow = await call("read", "subkeys/a", { query: { depth: "2" } });
  expect(json(shallow)).toMatchObject({ subkeys: { a: { b: null }, d: null } });
  expect(json(await call("read", "subkeys/a", { query: { depth: "1" } }))).toMatchObject({ subkeys: { a: null } });
  await call("delete", "data/a");
  expect(json(await call("read", "subkeys/a"))).toMatchObject({ subkeys: null, metadata: { version: 1 } });
});

describe("concurrent writers", () => {
  test("every write gets a version of its own", async () => {
    const { call } = start();
    await call("update", "config", { body: { max_versions: 100 } });
    const writes = Array.from({ length: 64 }, (_, index) => call("write", "data/a", { body: { data: { index } } }));
    const versions = (await Promise.all(writes)).map((outcome) => (json(outcome) as { version: number }).version);
    expect(versions.sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, index) => index + 1));
  });

  test("of many check-and-sets one wins", async () => {
    const { call } = start();
    const body = { data: {}, options: { cas: 0 } };
    const outcomes = await Promise.allSettled(Array.from({ length: 16 }, () => call("write", "data/a", { body })));
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
  });

  test("a write that another process overtakes is decided again", async () => {
    const { context, call } = start();
    const elsewhere = openMount(kv, mountContext({ options: { version: "2" }, barrier: context.barrier }));
    await call("write", "data/a", { body: { data: { n: 1 } } });
    context.barrier.beforeCommit = async () => void (await elsewhere("write", "data/a", { body: { data: { n: 2 } } }));
    expect(json(await call("write", "data/a", { body: { data: { n: 3 } } }))).toMatchObject({ version: 3 });
    context.barrier.beforeCommit = async () => void (await elsewhere("write", "data/a", { body: { data: { n: 4 } } }));
    const overtaken = call("write", "data/a", { body: { data: { n: 5 }, options: { cas: 3 } } });
    await expect(overtaken).rejects.toMatchObject({ publicText: expect.stringContaining("did not match") });
    expect(json(await call("read", "data/a"))).toMatchObject({ data: { n: 4 }, metadata: { version: 4 } });
  });

  test("a write that fails changes nothing", async () => {
    const { context, call } = start();
    await call("write", "data/a", { body: { data: { n: 1 } } });
    context.barrier.commitFailure = "storage_full";
    await expect(call("write", "data/a", { body: { data: { n: 2 } } })).rejects.toMatchObject({ code: "storage_full" });
    expect(json(await call("read", "data/a"))).toMatchObject({ data: { n: 1 }, metadata: { version: 1 } });
    context.barrier.commitFailure = "write_conflict";
    await expect(call("write", "data/a", { body: { data: { n: 2 } } })).rejects.toMatchObject({
      code: "write_conflict",
    });
    context.barrier.commitFailure = undefined;
    expect(json(await call("write", "data/a", { body: { data: { n: 3 } } }))).toMatchObject({ version: 2 });
  });
});

test("every operation that writes is forwarded, and writes tell create from update", () => {
  for (const path of kv.paths(new Map([["version", "2"]]))) {
    for (const [name, operation] of Object.entries(path.operations)) {
      expect([path.template, name, operation?.forward === true]).toEqual([
        path.template,
        name,
        name !== "read" && name !== "list",
      ]);
    }
    expect(path.operations.create === undefined).toBe(path.exists === undefined);
  }
});

test("an unknown version is refused", () => {
  expect(() => kv.checkOptions?.(new Map([["version", "3"]]))).toThrow(/"1" or "2"/);
  expect(() => kv.checkOptions?.(new Map())).not.toThrow();
});
