/**
 * Writes `constructs/l1`: bindings made by @cdktf/provider-generator from what the real `terraform` says of the real
 * provider. The same provider gives the same bytes.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { generateProviderBindingsFromSchema } from "@cdktf/provider-generator";

const ADDRESS = "meridian.dev/meridian/meridian";
const PROVIDER = "src/dist";
const TARGET = "constructs/l1";

/** Beside the bindings the generator writes pages and an index of getters that `exports` is not there for. */
const UNWANTED = ["README.md", "lazy-index.ts"];

type ProviderSchema = Parameters<typeof generateProviderBindingsFromSchema>[1];

function providerVersion(): string {
  const { version } = JSON.parse(readFileSync("src/package.json", "utf8")) as { version: string };
  return version;
}

/** Asks without `terraform init`, which a provider that is in no registry could not pass. */
function readSchema(folder: string): ProviderSchema {
  const cliConfiguration = join(folder, "cli.tfrc");
  const overrides = `dev_overrides {\n    ${JSON.stringify(ADDRESS)} = ${JSON.stringify(resolve(PROVIDER))}\n  }`;
  writeFileSync(cliConfiguration, `disable_checkpoint = true\nprovider_installation {\n  ${overrides}\n}\n`);
  const configuration = { terraform: { required_providers: { meridian: { source: ADDRESS } } } };
  writeFileSync(join(folder, "main.tf.json"), JSON.stringify(configuration));
  const json = execFileSync("terraform", ["providers", "schema", "-json"], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, TF_CLI_CONFIG_FILE: cliConfiguration, CHECKPOINT_DISABLE: "1" },
  });
  return JSON.parse(json) as ProviderSchema;
}

function removeUnwanted(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeUnwanted(path);
    else if (UNWANTED.includes(entry.name)) rmSync(path);
  }
}

async function main(): Promise<void> {
  execFileSync(process.execPath, ["src/bundle.mjs"], { stdio: "inherit" });
  const folder = mkdtempSync(join(tmpdir(), "meridian-bindings-"));
  try {
    const schema = { ...readSchema(folder), provider_versions: { [ADDRESS]: providerVersion() } };
    const out = join(folder, "out");
    mkdirSync(out);
    await generateProviderBindingsFromSchema(out, schema);
    const generated = join(out, "providers", "meridian");
    removeUnwanted(generated);
    rmSync(TARGET, { recursive: true, force: true });
    moveFolder(generated, TARGET);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The two may lie on different file systems, where a rename of the whole would fail. */
function moveFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) moveFolder(source, target);
    else writeFileSync(target, readFileSync(source));
  }
}

void main();
