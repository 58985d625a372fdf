import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { demoFolder } from "./demo/folder";
import { copyProgram, setPrimary } from "./demo/program";

const BIN = resolve("node_modules", ".bin");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meridian-example-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** As `cdktf` runs the program; the packages must have been built. */
function synthesize(): Record<string, Record<string, Record<string, Record<string, unknown>>>> {
  const options = { cwd: directory, env: { ...process.env, NODE_PATH: resolve("node_modules") } };
  execFileSync(
    join(BIN, "esbuild"),
    ["main.ts", "--platform=node", "--format=cjs", "--outfile=main.js", "--log-level=warning"],
    options,
  );
  execFileSync(process.execPath, ["main.js"], options);
  return JSON.parse(readFileSync(join(directory, "cdktf.out", "stacks", "multi-datacenter", "cdk.tf.json"), "utf8"));
}

describe("the program", () => {
  it("describes the four clusters, and a failover is one attribute of what it turns into", async () => {
    const folder = demoFolder({ MERIDIAN_DEMO_FOLDER: directory });
    await copyProgram(folder);
    const before = synthesize();
    const [topology] = Object.values(before.resource?.meridian_topology ?? {});
    expect(topology).toMatchObject({
      primary: "dc-a",
      clusters: { "dc-a": {}, "dc-b": { paths_filter: { mode: "deny", paths: ["payments-eu/"] } }, cloud: {} },
      disaster_recovery: { "dc-a": "dc-a-dr" },
    });

    const line = await setPrimary(folder, "dc-a-dr");
    expect(line).toEqual({ number: expect.any(Number), before: '  primary: "dc-a",', after: '  primary: "dc-a-dr",' });
    const after = synthesize();
    expect(JSON.stringify(after)).toBe(JSON.stringify(before).replace('"primary":"dc-a"', '"primary":"dc-a-dr"'));
  }, 60_000);

  it("holds no secret", async () => {
    await copyProgram(demoFolder({ MERIDIAN_DEMO_FOLDER: directory }));
    const { resource, variable } = synthesize();
    const secrets = [
      ...Object.values(resource?.meridian_kv_secret ?? {}),
      ...Object.values(resource?.meridian_userpass_user ?? {}),
    ];
    expect(secrets.map(({ data_wo, password_wo }) => data_wo ?? password_wo)).toEqual([
      { password: `${"$"}{var.demo_password}` },
      { password: `${"$"}{var.demo_password}` },
      `${"$"}{var.demo_password}`,
    ]);
    expect(variable?.demo_password).toMatchObject({ ephemeral: true, sensitive: true });
    expect(variable?.demo_password).not.toHaveProperty("default");
  }, 60_000);

  it("has one line that names the primary", async () => {
    const folder = demoFolder({ MERIDIAN_DEMO_FOLDER: directory });
    await copyProgram(folder);
    const original = readFileSync(folder.program, "utf8");
    expect(original.match(/^ {2}primary: /gm)).toHaveLength(1);
    await setPrimary(folder, "dc-a-dr");
    const { before } = await setPrimary(folder, "dc-a");
    expect(before).toBe('  primary: "dc-a-dr",');
    expect(readFileSync(folder.program, "utf8")).toBe(original);
  });
});
