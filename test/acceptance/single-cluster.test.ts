import { execFileSync } from "node:child_process";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exited } from "../support/terraform";
import { CANARY, filesWith, nodeAndCluster, removeMirror, World } from "./world";

jest.setTimeout(240_000);

let world: World;
afterEach(() => world?.remove());
afterAll(removeMirror);

const contents = (password = CANARY, version = 1) => `
resource "meridian_policy" "app" {
  cluster = meridian_cluster.dc_a.name
  name    = "app"
  policy  = "path \\"secret/*\\" { capabilities = [\\"read\\"] }"
}
resource "meridian_secrets_engine" "kv" {
  cluster = meridian_cluster.dc_a.name
  path    = "secret"
  type    = "kv"
  options = { version = "2" }
  description = "secrets of the app"
  deletion_protection = false
}
resource "meridian_kv_secret" "config" {
  cluster         = meridian_cluster.dc_a.name
  mount           = meridian_secrets_engine.kv.path
  name            = "app/config"
  data_wo         = { password = "${password}", __proto__ = "kept" }
  data_wo_version = ${version}
}
resource "meridian_auth_method" "userpass" {
  cluster = meridian_cluster.dc_a.name
  path    = "userpass"
  type    = "userpass"
  deletion_protection = false
}
resource "meridian_userpass_user" "mary" {
  cluster        = meridian_cluster.dc_a.name
  mount          = meridian_auth_method.userpass.path
  username       = "mary"
  password_wo    = "${CANARY}-password"
  token_policies = [meridian_policy.app.name]
}
resource "meridian_auth_method" "approle" {
  cluster = meridian_cluster.dc_a.name
  path    = "approle"
  type    = "approle"
  deletion_protection = false
}
resource "meridian_approle_role" "app" {
  cluster        = meridian_cluster.dc_a.name
  mount          = meridian_auth_method.approle.path
  name           = "app"
  token_policies = [meridian_policy.app.name]
}
data "meridian_replication_status" "a" {
  cluster = meridian_cluster.dc_a.name
}
output "mode" { value = data.meridian_replication_status.a.performance.mode }
ephemeral "meridian_kv_secret" "config" {
  cluster = meridian_cluster.dc_a.name
  mount   = meridian_kv_secret.config.mount
  name    = meridian_kv_secret.config.name
  version = meridian_kv_secret.config.version
}
ephemeral "meridian_login" "mary" {
  cluster  = meridian_userpass_user.mary.cluster
  method   = "userpass"
  username = element(split("/", meridian_userpass_user.mary.id), 1)
  password = "${CANARY}-password"
}
resource "meridian_kv_secret" "copy" {
  cluster      = meridian_cluster.dc_a.name
  mount        = meridian_secrets_engine.kv.path
  name         = "app/copy"
  data_json_wo = jsonencode({ n = 1, from = ephemeral.meridian_kv_secret.config.data["password"] })
}`;

const body = (directory: string) => nodeAndCluster(directory, "dc-a") + contents();

test("a cluster with what is in it: apply, empty plan, drift, update, destroy, no secret anywhere", async () => {
  world = await World.create(body, { TF_LOG: "TRACE", TF_LOG_PATH: "trace.log" });
  const { terraform } = world;
  const output = await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
  expect(await terraform.outputs()).toEqual({ mode: "disabled" });

  const api = await world.administrator("dc-a");
  const secret = await api.must("GET", "secret/data/app/config");
  expect(JSON.stringify(secret.data)).toContain(`"__proto__":"kept"`);
  const copy = await api.must("GET", "secret/data/app/copy");
  expect(JSON.stringify(copy.data)).toContain(CANARY);

  // Changed by hand: each shows, and the next apply mends it.
  await api.must("POST", "sys/policies/acl/app", { policy: 'path "other/*" { capabilities = ["read"] }' });
  await api.must("POST", "secret/data/app/config", { data: { password: "by hand" } });
  await api.must("DELETE", "auth/userpass/users/mary");
  await api.must("POST", "sys/mounts/secret/tune", { description: "by hand" });
  const drift = await terraform.plan();
  expect(drift.map(({ address, actions }) => [address, actions]).sort()).toEqual([
    ["meridian_kv_secret.config", ["update"]],
    ["meridian_policy.app", ["update"]],
    ["meridian_secrets_engine.kv", ["update"]],
    ["meridian_userpass_user.mary", ["create"]],
  ]);
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
  const mended = await api.must("GET", "secret/data/app/config");
  expect(JSON.stringify(mended.data)).toContain(CANARY);

  // A changed setting restarts it in place.
  await world.configure(nodeAndCluster(world.directory, "dc-a", 'log_level = "debug"') + contents(`${CANARY}-new`, 2));
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
  const changed = await (await world.administrator("dc-a")).must("GET", "secret/data/app/config");
  expect(JSON.stringify(changed.data)).toContain(`${CANARY}-new`);

  // Nothing that is secret stands in state, plan, log or output.
  await terraform.plan();
  const secrets = await world.secrets();
  expect(secrets.length).toBeGreaterThan(5);
  expect(await filesOutsideConfiguration(secrets)).toEqual([]);
  expect(secrets.filter((one) => (output.stdout + output.stderr).includes(one))).toEqual([]);
  expect((await stat(world.operatorFile)).mode & 0o777).toBe(0o600);

  await terraform.destroy();
  expect(await world.pid("dc-a")).toBeUndefined();
  expect(await readdir(world.directory)).toEqual(["operator.json"]);
});

test("a process that died is started again by the next apply, unsealed and with everything in it", async () => {
  world = await World.create((directory) => nodeAndCluster(directory, "dc-a") + lasting);
  const { terraform } = world;
  await terraform.apply();
  const pid = await world.runningPid("dc-a");
  process.kill(pid, "SIGKILL");
  await world.gone("dc-a");
  const dead = await terraform.plan();
  expect(dead.map(({ address, actions }) => [address, actions])).toEqual([["meridian_node.dc_a", ["update"]]]);
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
  expect(await world.pid("dc-a")).not.toBe(pid);
  const api = await world.administrator("dc-a");
  expect((await api.must("GET", "secret/data/app/config")).data).toBeDefined();
});

/** Without anything that has to be read while planning. */
const lasting = contents().slice(0, contents().indexOf('data "meridian_replication_status"'));

/** The configuration itself holds the canary; a zipped plan is looked into. */
async function filesOutsideConfiguration(secrets: readonly string[]): Promise<readonly string[]> {
  const directory = world.terraform.directory;
  const unzipped = join(directory, "unzipped");
  execFileSync("python3", [
    "-c",
    "import sys,zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])",
    join(directory, "plan.bin"),
    unzipped,
  ]);
  const files = await filesWith(directory, secrets);
  return files.filter((file) => !/main\.tf$|tfconfig\/m-/.test(file));
}

test("everything can be imported, and the plan is empty after it", async () => {
  world = await World.create(body);
  const { terraform } = world;
  await terraform.apply();
  const ids: readonly (readonly [string, string])[] = [
    ["meridian_node.dc_a", `${world.directory}/dc-a`],
    ["meridian_cluster.dc_a", "dc-a"],
    ["meridian_policy.app", "dc-a:app"],
    ["meridian_secrets_engine.kv", "dc-a:secret"],
    ["meridian_kv_secret.config", "dc-a:secret/app/config"],
    ["meridian_auth_method.userpass", "dc-a:userpass"],
    ["meridian_userpass_user.mary", "dc-a:userpass/mary"],
    ["meridian_approle_role.app", "dc-a:approle/app"],
  ];
  for (const [address] of ids) await terraform.run("state", "rm", address);
  for (const [address, id] of ids) await terraform.importResource(address, id);
  const changes = await terraform.plan();
  // What only the configuration knows (write-only versions, protection, delete_data) may be set; nothing is made or replaced.
  expect(changes.filter(({ actions }) => actions.join() !== "update")).toEqual([]);
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
});

test("a protected cluster is not destroyed, and says how it can be", async () => {
  world = await World.create((directory) =>
    nodeAndCluster(directory, "dc-a").replace("deletion_protection = false", ""),
  );
  await world.terraform.apply();
  const refused = await world.terraform.run("destroy", "-auto-approve", "-no-color");
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("deletion_protection = false");
  expect(await world.pid("dc-a")).toBeDefined();
});

test.each([300, 700, 1200, 2000])(
  "terraform killed %d ms into the apply and run again loses nothing",
  async (milliseconds) => {
    world = await World.create(body);
    const { terraform } = world;
    const child = terraform.start("apply", "-auto-approve", "-no-color", "-input=false");
    const end = exited(child);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await end;
    await terraform.apply();
    expect(await terraform.planIsEmpty()).toBe(true);
    const api = await world.administrator("dc-a");
    expect((await api.get("secret/data/app/config")).status).toBe(200);
  },
);

test("bad settings are named", async () => {
  world = await World.create(
    (directory) => `
resource "meridian_node" "a" {
  name = "a"
  directory = "${directory}/a"
  settings_json = jsonencode({ no_such_setting = 1 })
}
resource "meridian_policy" "p" {
  cluster = "nobody"
  name    = "p"
  policy  = ""
}`,
  );
  const result = await world.terraform.run("apply", "-auto-approve", "-no-color", "-input=false");
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain("no_such_setting");
  expect(result.stderr).toContain('Unknown cluster "nobody"');
  await writeFile(join(world.directory, "operator.json"), "{");
  const damaged = await world.terraform.run("plan", "-no-color", "-input=false");
  expect(damaged.exitCode === 0 || damaged.stderr.length > 0).toBe(true);
});
