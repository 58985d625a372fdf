import { readFile, writeFile } from "node:fs/promises";
import { CANARY, nodeAndCluster, removeMirror, World } from "./world";

jest.setTimeout(240_000);

let world: World;
afterEach(() => world?.remove());
afterAll(removeMirror);

const roles = (directory: string, filter = "hidden/") => `
${nodeAndCluster(directory, "one", 'seal = "static"')}
${nodeAndCluster(directory, "two")}
${nodeAndCluster(directory, "three")}
resource "meridian_primary" "one" {
  cluster             = meridian_cluster.one.name
  deletion_protection = false
}
resource "meridian_performance_secondary" "two" {
  cluster             = meridian_cluster.two.name
  primary             = meridian_primary.one.cluster
  paths_filter        = { mode = "deny", paths = ["${filter}"] }
  deletion_protection = false
}
resource "meridian_dr_secondary" "three" {
  cluster             = meridian_cluster.three.name
  primary             = meridian_primary.one.cluster
  deletion_protection = false
}
resource "meridian_secrets_engine" "kv" {
  cluster = meridian_primary.one.cluster
  path    = "secret"
  type    = "kv"
  options = { version = "1" }
  deletion_protection = false
}
resource "meridian_kv_secret" "config" {
  cluster = meridian_primary.one.cluster
  mount   = meridian_secrets_engine.kv.path
  name    = "config"
  data_wo = { password = "${CANARY}" }
}`;

async function status(cluster: string, mode: string): Promise<Readonly<Record<string, unknown>>> {
  const { data } = await (await world.api(cluster)).must("GET", `sys/replication/${mode}/status`);
  return data ?? {};
}

test("roles one by one: apply, empty plan, drift, filter, import, destroy; a promoted secondary is left alone", async () => {
  world = await World.create((directory) => roles(directory));
  const { terraform } = world;
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
  expect(await status("two", "performance")).toMatchObject({ mode: "secondary", state: "stream-wals" });
  expect(await status("three", "dr")).toMatchObject({ mode: "secondary", state: "stream-wals" });

  // What a person did by hand shows, and is mended.
  const one = await world.administrator("one");
  await one.must("POST", "sys/replication/performance/primary/revoke-secondary", { id: "two" });
  const revoked = await terraform.plan();
  expect(revoked.map(({ address, actions }) => [address, actions])).toEqual([
    ["meridian_performance_secondary.two", ["update"]],
  ]);
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);

  await world.configure(roles(world.directory, "secret/"));
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
  const filter = await one.must("GET", "sys/replication/performance/primary/paths-filter/two");
  expect(filter.data).toMatchObject({ mode: "deny", paths: ["secret/"] });

  for (const [address, id] of [
    ["meridian_primary.one", "one"],
    ["meridian_performance_secondary.two", "two:one"],
    ["meridian_dr_secondary.three", "three:one"],
  ] as const) {
    await terraform.run("state", "rm", address);
    await terraform.importResource(address, id);
  }
  const imported = await terraform.plan();
  expect(imported.filter(({ actions }) => actions.join() !== "update")).toEqual([]);
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);

  // The static seal opens itself after a restart.
  process.kill(await world.runningPid("one"), "SIGKILL");
  await world.gone("one");
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);

  const two = await world.administrator("two");
  await two.must("POST", "sys/replication/performance/secondary/promote", { force: true });
  const promoted = await terraform.run("apply", "-auto-approve", "-no-color", "-input=false");
  expect(promoted.exitCode).toBe(1);
  expect(promoted.stderr).toContain("has been promoted");
  expect(await status("two", "performance")).toMatchObject({ mode: "primary" });

  // Replaced, "one" acknowledges nothing, not even a deletion, until somebody decides that it shall be primary all the same.
  await one.must("POST", "sys/replication/performance/primary/override-fence", {});
  await terraform.destroy();
  for (const name of ["one", "two", "three"]) expect(await world.pid(name)).toBeUndefined();
});

test("a performance secondary whose primary is gone for good can leave", async () => {
  const pair = (directory: string) => `
${nodeAndCluster(directory, "one")}
${nodeAndCluster(directory, "two")}
resource "meridian_primary" "one" {
  cluster             = meridian_cluster.one.name
  deletion_protection = false
}
resource "meridian_performance_secondary" "two" {
  cluster             = meridian_cluster.two.name
  primary             = meridian_primary.one.cluster
  deletion_protection = false
}`;
  world = await World.create(pair);
  const { terraform } = world;
  await terraform.apply();
  process.kill(await world.runningPid("one"), "SIGKILL");
  await world.gone("one");
  const left = await terraform.destroy("-target=meridian_performance_secondary.two");
  expect(left.stdout).toContain("was not revoked");
  expect(await status("two", "performance")).toMatchObject({ mode: "disabled" });
  expect([...(await terraform.resources()).keys()]).not.toContain("meridian_performance_secondary.two");
});

test.each([
  ["with the token kept in advance", (entry: Readonly<Record<string, unknown>>) => entry],
  [
    "by the shares of the operator file",
    ({ dr_operation_token: _, ...rest }: Readonly<Record<string, unknown>>) => rest,
  ],
])("a DR secondary whose primary is gone for good can leave, %s", async (_way, prepare) => {
  const open = `settings_json = jsonencode({ enable_unauthenticated_access = ["generate-operation-token"] })`;
  const pair = (directory: string) => `
${nodeAndCluster(directory, "one")}
${nodeAndCluster(directory, "two", open)}
resource "meridian_primary" "one" {
  cluster             = meridian_cluster.one.name
  deletion_protection = false
}
resource "meridian_dr_secondary" "two" {
  cluster             = meridian_cluster.two.name
  primary             = meridian_primary.one.cluster
  deletion_protection = false
}`;
  world = await World.create(pair);
  const { terraform } = world;
  await terraform.apply();
  const operator = JSON.parse(await readFile(world.operatorFile, "utf8"));
  expect(operator.clusters.two.dr_operation_token.token).toMatch(/^hvb\./);
  operator.clusters.two = prepare(operator.clusters.two);
  await writeFile(world.operatorFile, JSON.stringify(operator));
  process.kill(await world.runningPid("one"), "SIGKILL");
  await world.gone("one");
  const left = await terraform.destroy("-target=meridian_dr_secondary.two");
  expect(left.stdout).toContain("was not revoked");
  expect(await status("two", "dr")).toMatchObject({ mode: "disabled" });
  expect([...(await terraform.resources()).keys()]).not.toContain("meridian_dr_secondary.two");
});
