import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { providerConnection } from "../../src/framework/connection";
import { createLogger } from "../../src/plugin/logger";
import { type ReattachServer, startReattachServer } from "../../src/plugin/reattach";
import { Redactor } from "../../src/plugin/redaction";
import { TerraformWorkspace } from "./terraform";
import { shop } from "./terraform-fixture";

const ADDRESS = "example.com/shop/shop";

jest.setTimeout(60_000);

let server: ReattachServer;
let directory: string;
let workspace: TerraformWorkspace;

beforeAll(async () => {
  const redactor = new Redactor();
  const log = createLogger({ level: undefined, module: "test", redactor, write: () => undefined });
  server = await startReattachServer(ADDRESS, (environment) => providerConnection(shop, environment), {
    log,
    redactor,
  });
});

afterAll(() => server.close());

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "shop-"));
  workspace = await TerraformWorkspace.create({
    reattachProviders: server.reattachProviders,
    configuration: head(),
  });
});

afterEach(async () => {
  await workspace.remove();
  await rm(directory, { recursive: true, force: true });
});

function head(): string {
  return `
terraform {
  required_providers {
    shop = { source = "${ADDRESS}" }
  }
}
provider "shop" {
  directory = "${directory}"
}
`;
}

async function configure(body: string): Promise<void> {
  await workspace.configure(head() + body);
}

async function journal(): Promise<readonly string[]> {
  return (await readFile(join(directory, "journal"), "utf8")).trim().split("\n");
}

const FULL_SHELF = `
resource "shop_shelf" "a" {
  name     = "a"
  capacity = 12345678901234567890123
  labels   = { "__proto__" = "x", constructor = "y" }
  colours  = ["red", "blue"]
  boards   = [{ load = 3, seal_wo = "seal-one" }, { load = 5 }]
  hooks    = { left = {}, right = { metal = true } }
  feet     = [{ height = 3 }, { height = 2, material = "steel" }]
  code_wo  = "the-secret-code"
  code_wo_version = 1
}
`;

test("apply creates, a second plan is empty, an update keeps what is computed, destroy removes", async () => {
  await configure(FULL_SHELF);
  await workspace.validate();
  await workspace.apply();
  const values = (await workspace.resources()).get("shop_shelf.a")?.values;
  expect(values).toMatchObject({
    id: "shelf-a",
    width: 80,
    area: 2400,
    labels: { ["__proto__"]: "x", constructor: "y" },
    boards: [
      { load: 3, serial: "a-0", seal_wo: null },
      { load: 5, serial: "a-1", seal_wo: null },
    ],
    hooks: { left: { metal: false }, right: { metal: true } },
    code_wo: null,
  });
  expect(await workspace.planIsEmpty()).toBe(true);

  await configure(FULL_SHELF.replace('name     = "a"', 'name     = "a"\n  width = 90'));
  const [change] = await workspace.plan();
  expect(change).toMatchObject({ actions: ["update"], after: { width: 90, area: 2700, id: "shelf-a" } });
  expect(change?.afterUnknown).not.toHaveProperty("id");
  await workspace.apply();
  expect(await workspace.planIsEmpty()).toBe(true);

  const destroyed = await workspace.destroy();
  expect(destroyed.stdout).toContain("a is destroyed.");
  expect((await workspace.resources()).size).toBe(0);
});

test("no write-only value is in state or plan, and it is handed over only when its version changes", async () => {
  await configure(FULL_SHELF);
  await workspace.plan();
  await workspace.apply();
  const state = await readFile(join(workspace.directory, "terraform.tfstate"), "utf8");
  expect(state).not.toContain("the-secret-code");
  expect(state).not.toContain("seal-one");
  await configure(FULL_SHELF.replace("the-secret-code", "another-code"));
  expect(await workspace.planIsEmpty()).toBe(true);
  await configure(FULL_SHELF.replace("the-secret-code", "another-code").replace("version = 1", "version = 2"));
  await workspace.apply();
  expect((await journal()).filter((line) => line.startsWith("update"))).toEqual(["update shelf-a code=given"]);
  const shelf = JSON.parse(await readFile(join(directory, "shelf-a.shelf"), "utf8"));
  expect(shelf.code).toBe("another-code");
});

test("drift is found and mended, and what is gone is created again", async () => {
  await configure(`resource "shop_shelf" "a" {\n  name = "a"\n}\n`);
  await workspace.apply();
  const file = join(directory, "shelf-a.shelf");
  await writeFile(file, JSON.stringify({ name: "a", width: 10, labels: [], code: null }));
  expect(await workspace.plan()).toMatchObject([{ actions: ["update"], before: { width: 10 }, after: { width: 80 } }]);
  await workspace.apply();
  expect(JSON.parse(await readFile(file, "utf8")).width).toBe(80);
  await rm(file);
  expect(await workspace.plan()).toMatchObject([{ actions: ["create"] }]);
});

test("a change that cannot be made in place replaces, also what depends on it", async () => {
  const configuration = (name: string) => `
resource "shop_shelf" "a" {
  name = "${name}"
}
resource "shop_hook" "h" {
  shelf = shop_shelf.a.id
}
`;
  await configure(configuration("a"));
  await workspace.apply();
  expect(await workspace.planIsEmpty()).toBe(true);
  await configure(configuration("b"));
  const changes = await workspace.plan();
  expect(changes.map(({ address, actions, replacePaths }) => [address, actions, replacePaths])).toEqual([
    ["shop_hook.h", ["delete", "create"], [["shelf"]]],
    ["shop_shelf.a", ["delete", "create"], [["name"]]],
  ]);
  await workspace.apply();
  expect(await workspace.planIsEmpty()).toBe(true);
  expect((await workspace.resources()).get("shop_hook.h")?.values).toMatchObject({ serial: "hook-of-shelf-b" });
});

test("import takes over what exists, and an imported resource needs no change", async () => {
  const shelf = { name: "old", width: 33, labels: [["a", "b"]], code: null };
  await writeFile(join(directory, "shelf-old.shelf"), JSON.stringify(shelf));
  await configure(`resource "shop_shelf" "a" {\n  name = "old"\n  width = 33\n  labels = { a = "b" }\n}\n`);
  await workspace.importResource("shop_shelf.a", "shelf-old");
  expect((await workspace.resources()).get("shop_shelf.a")?.values).toMatchObject({ width: 33, labels: { a: "b" } });
  expect(await workspace.planIsEmpty()).toBe(true);
});

test("importing what does not exist says so", async () => {
  await configure(`resource "shop_shelf" "a" {\n  name = "old"\n}\n`);
  await expect(workspace.importResource("shop_shelf.a", "nothing")).rejects.toThrow("There is no shelf nothing.");
});

test("a failure after creating keeps what exists, tainted, and shows the error", async () => {
  await configure(`resource "shop_shelf" "a" {\n  name = "a"\n  fail_after_creating = true\n}\n`);
  await expect(workspace.apply()).rejects.toThrow("the shelf wobbles");
  const kept = (await workspace.resources()).get("shop_shelf.a");
  expect(kept).toMatchObject({ tainted: true, values: { id: "shelf-a", width: 80 } });
  await configure(`resource "shop_shelf" "a" {\n  name = "a"\n}\n`);
  expect(await workspace.plan()).toMatchObject([{ actions: ["delete", "create"] }]);
});

test("an operation ends at its own time limit", async () => {
  await configure(`
resource "shop_shelf" "a" {
  name = "a"
  delay_milliseconds = 20000
  timeouts = { create = "1s" }
}
`);
  await expect(workspace.apply()).rejects.toThrow("Creating shop_shelf took too long");
});

test("values known only during apply are planned unknown, and the plan holds", async () => {
  await configure(`
resource "shop_shelf" "a" {
  name = "a"
  boards = [{ load = 1 }]
}
resource "shop_shelf" "b" {
  name = shop_shelf.a.id
  labels = { serial = shop_shelf.a.boards[0].serial }
}
output "not_null" {
  value = shop_shelf.a.id == null
}
`);
  const changes = await workspace.plan();
  expect(changes.find(({ address }) => address === "shop_shelf.b")?.afterUnknown).toMatchObject({
    name: true,
    id: true,
  });
  await workspace.apply();
  expect(await workspace.planIsEmpty()).toBe(true);
  expect(await workspace.outputs()).toEqual({ not_null: false });
  expect((await workspace.resources()).get("shop_shelf.b")?.values).toMatchObject({
    name: "shelf-a",
    labels: { serial: "a-0" },
  });
});

test("private bytes travel from create to read", async () => {
  await configure(`resource "shop_shelf" "a" {\n  name = "a"\n}\n`);
  await workspace.apply();
  await workspace.apply();
  expect(await journal()).toContain("read shelf-a private=made a");
});

test("wrong configurations are refused at their place", async () => {
  await configure(`resource "shop_shelf" "a" {\n  name = "a b"\n  width = 1.5\n}\n`);
  await expect(workspace.validate()).rejects.toThrow("The value must be a whole number.");
  await configure(`resource "shop_shelf" "a" {\n  name = "a b"\n}\n`);
  await expect(workspace.validate()).rejects.toThrow(
    /on main.tf line \d+, in resource "shop_shelf" "a":\s+\d+:\s+name = "a b"/,
  );
  await configure(`resource "shop_shelf" "a" {\n  name = "a"\n  width = 2000\n}\n`);
  await expect(workspace.validate()).rejects.toThrow("The value must be from 1 to 1000.");
});

test("a state of an older schema version is upgraded", async () => {
  await configure(`resource "shop_shelf" "a" {\n  name = "a"\n}\n`);
  await workspace.apply();
  const file = join(workspace.directory, "terraform.tfstate");
  const state = JSON.parse(await readFile(file, "utf8"));
  const instance = state.resources[0].instances[0];
  instance.schema_version = 0;
  const { name, ...attributes } = instance.attributes;
  instance.attributes = { ...attributes, title: name };
  await writeFile(file, JSON.stringify({ ...state, serial: state.serial + 1 }));
  expect(await workspace.planIsEmpty()).toBe(true);
});

test("data sources, functions and ephemeral values work together", async () => {
  await configure(`
ephemeral "shop_key" "k" {
  owner = "jo"
}
resource "shop_shelf" "a" {
  name               = "a"
  delay_milliseconds = 1200
  code_wo            = ephemeral.shop_key.k.key
  code_wo_version    = 1
}
data "shop_catalog" "all" {
  prefix     = "shelf-"
  depends_on = [shop_shelf.a]
}
output "ids" {
  value = data.shop_catalog.all.ids
}
output "text" {
  value = provider::shop::repeat("ab", 3)
}
`);
  await workspace.apply();
  expect(await workspace.outputs()).toEqual({ ids: ["shelf-a"], text: "ababab" });
  const lines = await journal();
  expect(lines.filter((line) => line === "open jo").length).toBe(lines.filter((line) => line === "close jo").length);
  expect(lines).toContain("renew jo");
  expect(await readFile(join(workspace.directory, "terraform.tfstate"), "utf8")).not.toContain("key-of-jo");
});

test("a function's error points at its argument", async () => {
  await configure(`output "text" {\n  value = provider::shop::repeat("ab", -1)\n}\n`);
  await expect(workspace.plan()).rejects.toThrow('Invalid value for "times" parameter: must not be negative');
});

test("two provider blocks in one server keep apart", async () => {
  const other = join(directory, "other");
  await configure(`
provider "shop" {
  alias     = "other"
  directory = "${other}"
}
resource "shop_shelf" "a" {
  name = "a"
}
resource "shop_shelf" "b" {
  provider = shop.other
  name     = "b"
}
`);
  await workspace.apply();
  await readFile(join(directory, "shelf-a.shelf"));
  await readFile(join(other, "shelf-b.shelf"));
});
