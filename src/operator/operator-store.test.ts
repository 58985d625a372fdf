import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adoptKeys, expectKeysOf } from "./key-succession";
import { archived, credentialEntries, EMPTY_DOCUMENT, type OperatorDocument, withCluster } from "./operator-document";
import { formatOperatorDocument, parseOperatorDocument } from "./operator-json";
import { OperatorStore } from "./operator-store";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "operator-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const options = () => ({ path: join(directory, "deep", "operator.json"), explicit: true, ephemeralMachine: false });
const NOW = new Date(0);

function keyed(name: string, document: OperatorDocument = EMPTY_DOCUMENT): OperatorDocument {
  return withCluster(document, name, () => ({
    apiAddress: `https://${name}:8200`,
    keys: { kind: "unseal", shares: [`share of ${name}`], threshold: 1 },
    administrator: { mount: "m", roleId: `role of ${name}`, secretId: `secret of ${name}` },
  }));
}

test("a document survives being written and read, whatever its clusters are called", () => {
  const document: OperatorDocument = {
    ...keyed("constructor", keyed("dc-a")),
    topologies: new Map([
      ["set", { members: ["dc-a"], primary: "dc-a", drOperationToken: { token: "t", expiresAt: "e" } }],
    ]),
  };
  const whole = archived(document, "dc-a", "test", NOW);
  expect(parseOperatorDocument(formatOperatorDocument(whole))).toEqual(whole);
  expect(whole.archive[0]?.entry.keys?.shares).toEqual(["share of dc-a"]);
});

test("a missing file is empty; a written one is private and leaves nothing beside it", async () => {
  const store = new OperatorStore(options());
  expect(await store.read()).toEqual(EMPTY_DOCUMENT);
  await store.update((document) => keyed("dc-a", document));
  expect((await stat(store.path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(directory, "deep"))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(directory, "deep"))).toEqual(["operator.json"]);
});

test("writers in parallel, in two stores, lose nothing", async () => {
  const stores = [new OperatorStore(options()), new OperatorStore(options())];
  const names = Array.from({ length: 20 }, (_, index) => `dc-${index}`);
  await Promise.all(names.map((name, index) => stores[index % 2]?.update((document) => keyed(name, document))));
  expect([...(await new OperatorStore(options()).read()).clusters.keys()].sort()).toEqual([...names].sort());
});

test("the lock of a process that died is taken over", async () => {
  const store = new OperatorStore(options());
  await store.update((document) => document);
  await writeFile(`${store.path}.lock`, "999999999");
  await store.update((document) => keyed("dc-a", document));
  expect((await store.read()).clusters.size).toBe(1);
});

test.each([
  ["before it had written its name into it", ""],
  ["whose number another program has by now", `${process.pid} 1`],
])(
  "the lock of a process that was killed %s is taken over",
  async (_, left) => {
    const store = new OperatorStore(options());
    await store.update((document) => document);
    const lock = `${store.path}.lock`;
    await writeFile(lock, left);
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(lock, longAgo, longAgo);
    await store.update((document) => keyed("dc-a", document));
    expect((await store.read()).clusters.size).toBe(1);
    expect(await readdir(join(directory, "deep"))).toEqual(["operator.json"]);
  },
  5000,
);

test("a change that fails leaves the file as it was and the lock free", async () => {
  const store = new OperatorStore(options());
  await store.update((document) => keyed("dc-a", document));
  const before = await readFile(store.path, "utf8");
  await expect(
    store.update(() => {
      throw new Error("no");
    }),
  ).rejects.toThrow();
  expect(await readFile(store.path, "utf8")).toBe(before);
  await store.update((document) => keyed("dc-b", document));
});

test("damage is named without quoting what is in the file", async () => {
  const store = new OperatorStore(options());
  await store.update((document) => keyed("dc-a", document));
  const text = await readFile(store.path, "utf8");
  await writeFile(store.path, text.slice(0, -40));
  const message = await store.read().then(String, (error: Error) => error.message);
  expect(message).toContain("is damaged");
  expect(message).not.toContain("share of");
  await writeFile(store.path, text.replace('"threshold": 1', '"threshold": "share of dc-a"'));
  const other = await store.read().then(String, (error: Error) => error.message);
  expect(other).toContain("clusters.dc-a.keys.threshold must be a whole number");
  expect(other).not.toContain("share of");
});

test("a file that others can read is refused", async () => {
  const store = new OperatorStore(options());
  await store.update((document) => keyed("dc-a", document));
  await chmod(store.path, 0o644);
  await expect(store.read()).rejects.toThrow(`chmod 600 ${store.path}`);
});

test("a pipeline runner needs a named file", async () => {
  const unnamed = new OperatorStore({ ...options(), explicit: false, ephemeralMachine: true });
  await expect(unnamed.update((document) => keyed("dc-a", document))).rejects.toThrow("operator_file");
  const named = new OperatorStore({ ...options(), ephemeralMachine: true });
  await named.update((document) => keyed("dc-a", document));
});

test("a secondary's keys are tried beside the primary's until the change is confirmed", () => {
  const before = expectKeysOf(keyed("dc-b", keyed("dc-a")), "dc-b", "dc-a");
  expect(credentialEntries(before, "dc-b").map((entry) => entry.keys?.shares)).toEqual([
    ["share of dc-b"],
    ["share of dc-a"],
  ]);
  const after = adoptKeys(before, "dc-b", "dc-a", NOW);
  expect(credentialEntries(after, "dc-b").map((entry) => entry.administrator?.roleId)).toEqual(["role of dc-a"]);
  expect(after.clusters.get("dc-b")?.apiAddress).toBe("https://dc-b:8200");
  expect(after.archive.map((record) => record.entry.keys?.shares)).toEqual([["share of dc-b"]]);
  expect(adoptKeys(after, "dc-b", "dc-a", NOW)).toBe(after);
});

test("clusters that name each other do not loop", () => {
  const document = withCluster(keyed("dc-b", keyed("dc-a")), "dc-a", (entry) => ({ ...entry, keysOf: "dc-b" }));
  const circle = withCluster(document, "dc-b", (entry) => ({ ...entry, keysOf: "dc-a" }));
  expect(credentialEntries(circle, "dc-a")).toHaveLength(2);
});
