import { nodeAndCluster, removeMirror, World } from "./world";

jest.setTimeout(240_000);

let world: World;
afterEach(() => world?.remove());
afterAll(removeMirror);

const set = (directory: string, others: string) => `
${nodeAndCluster(directory, "dc-a")}
resource "meridian_topology" "secrets" {
  name       = "secrets"
  primary    = meridian_cluster.dc_a.name
  clusters   = { dc-a = {}${others} }
}`;

test("a protected set whose creation failed half way is finished by the next apply", async () => {
  world = await World.create((directory) => set(directory, ", ghost = {}"));
  const { terraform } = world;
  const failed = await terraform.run("apply", "-auto-approve", "-no-color", "-input=false");
  expect([failed.exitCode, failed.stderr]).toEqual([1, expect.stringContaining("ghost")]);
  await world.configure(set(world.directory, ""));
  await terraform.apply();
  expect(await terraform.planIsEmpty()).toBe(true);
});

test("a replacement that the protection forbids fails in the plan, before anything is changed", async () => {
  const engine = (path: string) => `
resource "meridian_secrets_engine" "kv" {
  cluster = meridian_cluster.dc_a.name
  path    = "${path}"
  type    = "kv"
}`;
  world = await World.create((directory) => nodeAndCluster(directory, "dc-a") + engine("secret"));
  const { terraform } = world;
  await terraform.apply();
  await world.configure(nodeAndCluster(world.directory, "dc-a") + engine("elsewhere"));
  const refused = await terraform.run("plan", "-no-color", "-input=false");
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("protected from deletion")]);
});
