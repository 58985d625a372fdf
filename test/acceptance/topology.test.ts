import { exited } from "../support/terraform";
import { CANARY, filesWith, nodeAndCluster, removeMirror, World } from "./world";

jest.setTimeout(300_000);

let world: World;
afterEach(() => world?.remove());
afterAll(removeMirror);

const CLUSTERS = ["dc-a", "dc-b", "cloud", "dc-a-dr"];

interface Wish {
  readonly primary?: string;
  readonly filter?: string;
  readonly cloud?: boolean;
}

const topology = (directory: string, { primary = "dc-a", filter = "payments-eu/", cloud = true }: Wish = {}) => `
${CLUSTERS.map((name) => nodeAndCluster(directory, name)).join("\n")}
resource "meridian_topology" "secrets" {
  name    = "secrets"
  primary = "${primary}"
  clusters = {
    dc-a = {}
    dc-b = { ${filter === "" ? "" : `paths_filter = { mode = "deny", paths = ["${filter}"] }`} }
    ${cloud ? "cloud = {}" : ""}
  }
  disaster_recovery   = { dc-a = "dc-a-dr" }
  deletion_protection = false
  depends_on = [${CLUSTERS.map((name) => `meridian_cluster.${name.replaceAll("-", "_")}`).join(", ")}]
}
resource "meridian_secrets_engine" "kv" {
  cluster = meridian_topology.secrets.name
  path    = "secret"
  type    = "kv"
  options = { version = "2" }
  deletion_protection = false
}
resource "meridian_secrets_engine" "filtered" {
  cluster = meridian_topology.secrets.name
  path    = "payments-eu"
  type    = "kv"
  options = { version = "2" }
  deletion_protection = false
}
resource "meridian_kv_secret" "config" {
  cluster = meridian_topology.secrets.name
  mount   = meridian_secrets_engine.kv.path
  name    = "config"
  data_wo = { password = "${CANARY}" }
}`;

async function readEventually(cluster: string, path: string): Promise<string> {
  const api = await world.administrator(cluster);
  let last = "";
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await api.get(path);
    if (answer.status === 200) return answer.text;
    last = `${answer.status} ${answer.text}`;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${cluster}: ${path}: ${last}`);
}

async function roles(cluster: string): Promise<readonly [string, string]> {
  const { data } = await (await world.api(cluster)).must("GET", "sys/replication/status");
  const mode = (name: string) => String((data?.[name] as { mode?: string } | undefined)?.mode);
  return [mode("performance"), mode("dr")];
}

const steps = async () => (await world.terraform.resources()).get("meridian_topology.secrets")?.values.steps;

test("a set: created, empty plan, moved to its DR secondary and back, filtered otherwise, shrunk, destroyed", async () => {
  world = await World.create((directory) => topology(directory), { TF_LOG: "TRACE", TF_LOG_PATH: "trace.log" });
  const { terraform } = world;
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
  expect(await readEventually("dc-b", "secret/data/config")).toContain(CANARY);
  expect((await (await world.administrator("cloud")).get("payments-eu/config")).text).toContain("max_versions");
  expect((await (await world.administrator("dc-b")).get("payments-eu/config")).status).toBe(404);
  expect(await roles("dc-a-dr")).toEqual(["disabled", "secondary"]);

  await world.configure(topology(world.directory, { primary: "dc-a-dr" }));
  const [move, ...others] = await terraform.plan();
  expect(others).toEqual([]);
  expect(move?.after?.steps).toEqual([
    "fence dc-a and drain to dc-a-dr (dr)",
    "promote dc-a-dr (dr)",
    "re-point cloud to dc-a-dr (performance)",
    "re-point dc-b to dc-a-dr (performance)",
    "rejoin dc-a as dr secondary of dc-a-dr",
  ]);
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
  expect(await steps()).toHaveLength(5);
  expect(await roles("dc-a-dr")).toEqual(["primary", "primary"]);
  expect(await roles("dc-a")).toEqual(["disabled", "secondary"]);
  await (await world.administrator("dc-b")).must("POST", "secret/data/after", { data: { moved: "yes" } });
  expect(await readEventually("cloud", "secret/data/after")).toContain("yes");

  await world.configure(topology(world.directory));
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
  expect(await roles("dc-a")).toEqual(["primary", "primary"]);
  expect(await readEventually("dc-a", "secret/data/after")).toContain("yes");

  const secrets = await world.secrets();
  const hits = await filesWith(terraform.directory, secrets);
  expect(hits.filter((file) => !file.endsWith("main.tf"))).toEqual([]);

  await world.configure(topology(world.directory, { filter: "secret/", cloud: false }));
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
  expect(await roles("cloud")).toEqual(["disabled", "disabled"]);

  await terraform.destroy();
  for (const cluster of CLUSTERS) expect(await world.pid(cluster)).toBeUndefined();
});

test("a set is imported, and what was changed by hand is mended", async () => {
  world = await World.create((directory) => topology(directory));
  const { terraform } = world;
  await terraform.apply();
  await terraform.run("state", "rm", "meridian_topology.secrets");
  await terraform.importResource("meridian_topology.secrets", "secrets");
  const changes = await terraform.plan();
  expect(changes.filter(({ actions }) => actions.join() !== "update")).toEqual([]);
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);

  const primary = await world.administrator("dc-a");
  await primary.must("DELETE", "sys/replication/performance/primary/paths-filter/dc-b");
  await primary.must("POST", "sys/replication/performance/primary/revoke-secondary", { id: "cloud" });
  const [drift] = await terraform.plan();
  expect(drift?.after?.steps).toEqual([
    "rejoin cloud as performance secondary of dc-a",
    "filter dc-b, deny payments-eu/",
  ]);
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
});

test("the primary moves to a performance secondary and back", async () => {
  world = await World.create((directory) => topology(directory));
  const { terraform } = world;
  await terraform.apply();
  await world.configure(topology(world.directory, { primary: "dc-b" }));
  const refused = await terraform.run("plan", "-no-color", "-input=false");
  expect(refused.stderr.replace(/\s+/g, " ")).toContain("does not hold everything");

  await world.configure(topology(world.directory, { filter: "" }));
  await terraform.apply();
  await world.configure(topology(world.directory, { primary: "dc-b", filter: "" }));
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
  expect(await roles("dc-b")).toEqual(["primary", "disabled"]);
  expect(await roles("dc-a")).toEqual(["secondary", "primary"]);
  expect(await roles("dc-a-dr")).toEqual(["disabled", "secondary"]);
  await (await world.administrator("dc-a")).must("POST", "secret/data/moved", { data: { v: "1" } });
  expect(await readEventually("cloud", "secret/data/moved")).toContain('"v":"1"');

  await world.configure(topology(world.directory, { filter: "" }));
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
  expect(await roles("dc-a")).toEqual(["primary", "primary"]);
});

test("a move whose terraform is killed goes on where it stopped", async () => {
  world = await World.create((directory) => topology(directory));
  const { terraform } = world;
  await terraform.apply();
  for (const [index, milliseconds] of [900, 1500, 2200, 3000].entries()) {
    const primary = index % 2 === 0 ? "dc-a-dr" : "dc-a";
    await world.configure(topology(world.directory, { primary }));
    const child = terraform.start("apply", "-auto-approve", "-no-color", "-input=false");
    const end = exited(child);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await end;
    await terraform.apply();
    expect(await terraform.planIsEmpty()).toBe(true);
    expect(await roles(primary)).toEqual(["primary", "primary"]);
    expect(await readEventually("dc-b", "secret/data/config")).toContain(CANARY);
  }
});

test("a dead primary is given up only when it is named", async () => {
  world = await World.create((directory) => topology(directory), { TF_LOG: "DEBUG", TF_LOG_PATH: "trace.log" });
  const { terraform } = world;
  await terraform.apply();
  const wanted = topology(world.directory, { primary: "dc-a-dr" }).replace(
    /resource "meridian_node" "dc_a" \{[^}]*\}/,
    "",
  );
  await terraform.run("state", "rm", "meridian_node.dc_a");
  const withoutNode = wanted
    .replace(/resource "meridian_cluster" "dc_a" \{[^}]*\}/, "")
    .replace("meridian_cluster.dc_a, ", "");
  await terraform.run("state", "rm", "meridian_cluster.dc_a");
  process.kill(await world.runningPid("dc-a"), "SIGKILL");
  await world.configure(withoutNode);
  const refused = await terraform.run("plan", "-no-color", "-input=false");
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr.replace(/\s+/g, " ")).toContain('allow_data_loss = ["dc-a"]');

  await world.configure(
    withoutNode.replace('primary = "dc-a-dr"', 'primary = "dc-a-dr"\n  allow_data_loss = ["dc-a"]'),
  );
  await terraform.apply();
  expect(await roles("dc-a-dr")).toEqual(["primary", "primary"]);
  await (await world.administrator("dc-b")).must("POST", "secret/data/later", { data: { v: "1" } });
});
