import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ServerProcess } from "../support/server-process";
import { judge, type Row } from "./row";

const ROUNDS = 21;
const ADDRESS = "meridian.dev/meridian/meridian";

interface Mirror {
  bundleProvider(entry: string, output: string): Promise<void>;
  writeMirror(options: { executable: string; mirror: string; address: string; version: string }): Promise<void>;
}

const BUILTIN = { resource: { terraform_data: { x: { input: "a" } } } };

function own(server: ServerProcess, token: string): unknown {
  return {
    terraform: { required_providers: { meridian: { source: ADDRESS } } },
    provider: { meridian: { token, clusters: { a: { api_address: server.api.address } } } },
    resource: { meridian_policy: { x: { name: "x", policy: 'path "secret/*" { capabilities = ["read"] }\n' } } },
  };
}

/** With this variable Node reads a whole file of certificates at each start, ours three times a plan: the machine's cost, not ours. */
const { NODE_EXTRA_CA_CERTS: _unused, ...plainEnvironment } = process.env;

function terraform(folder: string, configFile: string, args: readonly string[]): number {
  const started = performance.now();
  const run = spawnSync("terraform", args, {
    cwd: folder,
    encoding: "utf8",
    env: { ...plainEnvironment, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_CLI_CONFIG_FILE: configFile },
  });
  if (run.status !== 0) throw new Error(`terraform ${args.join(" ")}: ${run.stdout}${run.stderr}`);
  return performance.now() - started;
}

/** A plan that finds nothing to do, against one with only Terraform's builtin provider. */
export async function planOverhead(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "meridian-plan-"));
  const server = await ServerProcess.start({ storage: "inmem" });
  try {
    const { rootToken } = await server.initialize();
    const mirror = (await import(pathToFileURL(resolve("src/bundle.mjs")).href)) as Mirror;
    const executable = join(folder, "provider");
    await mirror.bundleProvider(resolve("src/provider-main.ts"), executable);
    await mirror.writeMirror({ executable, mirror: join(folder, "mirror"), address: ADDRESS, version: "0.1.0" });
    const configFile = join(folder, "terraform.rc");
    writeFileSync(
      configFile,
      `provider_installation {\n  filesystem_mirror {\n    path = "${join(folder, "mirror")}"\n  }\n}\n`,
    );
    const workspace = (name: string, content: unknown): string => {
      const path = mkdtempSync(join(folder, name));
      writeFileSync(join(path, "main.tf.json"), JSON.stringify(content));
      terraform(path, configFile, ["init", "-input=false"]);
      terraform(path, configFile, ["apply", "-auto-approve", "-input=false"]);
      return path;
    };
    const ours = workspace("own-", own(server, rootToken));
    const builtin = workspace("builtin-", BUILTIN);
    const values: number[] = [];
    const limits: number[] = [];
    const plan = ["plan", "-detailed-exitcode", "-input=false"];
    for (let round = 0; round < ROUNDS; round += 1) {
      values.push(terraform(ours, configFile, plan));
      limits.push(terraform(builtin, configFile, plan));
    }
    return [judge("no-op plan", "ms", values, limits, { of: "ratio", relation: "<=", bound: 8 })];
  } finally {
    await server.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}
