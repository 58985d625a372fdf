import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exited, TerraformWorkspace } from "./terraform";
import { bundle } from "./terraform-bundle";

const ADDRESS = "example.com/shop/shop";
const VERSION = "1.0.0";

jest.setTimeout(120_000);

let mirror: string;
let directory: string;
let workspace: TerraformWorkspace;

beforeAll(async () => {
  mirror = await mkdtemp(join(tmpdir(), "mirror-"));
  const executable = join(mirror, "bundle", "provider");
  await bundle({
    entryPoint: join(__dirname, "terraform-fixture-main.ts"),
    executable,
    mirror,
    address: ADDRESS,
    version: VERSION,
  });
});

afterAll(() => rm(mirror, { recursive: true, force: true }));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "shop-"));
});

afterEach(async () => {
  await workspace.remove();
  await rm(directory, { recursive: true, force: true });
});

async function create(body: string, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const configuration = `
terraform {
  required_providers {
    shop = { source = "${ADDRESS}" }
  }
}
provider "shop" {
  directory = "${directory}"
}
${body}`;
  // Sockets of the providers go to a directory of this test, so that what is left behind can be counted.
  workspace = await TerraformWorkspace.create({
    mirror,
    configuration,
    environment: { TMPDIR: directory, ...environment },
  });
  await workspace.init();
}

/** Process ids of providers that were started by this test's terraform. */
function providerProcesses(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return command.includes("terraform-provider-shop") && environment.includes(`TMPDIR=${directory}\0`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function eventually(condition: () => boolean | Promise<boolean>, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(50)) if (await condition()) return true;
  return condition();
}

const SHELF = `
resource "shop_shelf" "a" {
  name            = "a"
  code_wo         = ephemeral.shop_key.k.key
  code_wo_version = 1
}
ephemeral "shop_key" "k" {
  owner = "jo"
}
`;

const SLOW_SHELF = `
resource "shop_shelf" "a" {
  name               = "a"
  delay_milliseconds = 60000
}
`;

test("installs from a mirror, applies over mutual TLS, leaves an empty plan, nothing running and no socket", async () => {
  await create(SHELF);
  expect(await readFile(join(workspace.directory, ".terraform.lock.hcl"), "utf8")).toContain("h1:");
  await workspace.apply();
  expect((await workspace.resources()).get("shop_shelf.a")?.values).toMatchObject({ id: "shelf-a", code_wo: null });
  expect(await workspace.planIsEmpty()).toBe(true);
  await workspace.destroy();
  expect(providerProcesses()).toEqual([]);
  expect((await readdir(directory)).filter((name) => name.startsWith("plugin-"))).toEqual([]);
});

test("serves plaintext when Terraform turns TLS off", async () => {
  await create(SHELF, { TF_DISABLE_PLUGIN_TLS: "1" });
  await workspace.apply();
  expect(await workspace.planIsEmpty()).toBe(true);
});

test("a whole apply under TF_LOG=TRACE shows no sensitive value", async () => {
  await create(SHELF, { TF_LOG: "TRACE" });
  const { stdout, stderr } = await workspace.apply();
  expect(stderr).toContain("created");
  expect(stderr).not.toContain("key-of-jo");
  expect(stdout).not.toContain("key-of-jo");
});

test("Ctrl-C stops the running operation in order", async () => {
  await create(SLOW_SHELF);
  const child = workspace.start("apply", "-auto-approve", "-input=false", "-no-color");
  const output: string[] = [];
  child.stdout.on("data", (chunk) => output.push(String(chunk)));
  child.stderr.on("data", (chunk) => output.push(String(chunk)));
  const ended = exited(child);
  expect(await eventually(() => journalHas("create a"), 20_000)).toBe(true);
  // The whole process group gets the signal, as from a terminal.
  process.kill(-(child.pid ?? 0), "SIGINT");
  expect(await ended).toBe(1);
  expect(output.join("")).toContain("Creating shop_shelf was interrupted");
  expect(await eventually(() => providerProcesses().length === 0, 5000)).toBe(true);
});

test("a killed terraform leaves no provider behind", async () => {
  await create(SLOW_SHELF);
  const child = workspace.start("apply", "-auto-approve", "-input=false", "-no-color");
  const ended = exited(child);
  expect(await eventually(() => journalHas("create a"), 20_000)).toBe(true);
  expect(providerProcesses().length).toBeGreaterThan(0);
  process.kill(child.pid ?? 0, "SIGKILL");
  expect(await eventually(() => providerProcesses().length === 0, 10_000)).toBe(true);
  await ended;
  expect((await readdir(directory)).filter((name) => name.startsWith("plugin-"))).toEqual([]);
});

test("a crash shows its stack", async () => {
  await create(`resource "shop_shelf" "a" {\n  name = "crash"\n}\n`);
  await expect(workspace.apply()).rejects.toThrow(
    /panic: Error: the shelf fell[\s\S]*terraform-provider-shop_v1.0.0 plugin crashed!/,
  );
});

test("what is imported dynamically does not run at start", async () => {
  const source = join(mirror, "lazy");
  const entry = join(source, "main.ts");
  await mkdir(source);
  await writeFile(
    join(source, "heavy.ts"),
    `import { writeSync } from "node:fs";\nwriteSync(1, "heavy ran\\n");\nexport const heavy = 1;\n`,
  );
  await writeFile(
    entry,
    `if (process.argv[2] === "load") void import("./heavy").then(({ heavy }) => console.log(heavy));\n`,
  );
  const executable = join(source, "lazy-bundle");
  await bundle({ entryPoint: entry, executable });
  expect(await outputOf(executable)).toBe("");
  expect(await outputOf(executable, "load")).toContain("heavy ran");
});

async function journalHas(line: string): Promise<boolean> {
  const text = await readFile(join(directory, "journal"), "utf8").catch(() => "");
  return text.split("\n").some((entry) => entry.startsWith(line));
}

async function outputOf(executable: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(executable, args, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}
