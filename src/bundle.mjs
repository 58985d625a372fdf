/**
 * Bundles a provider into the one executable file that Terraform starts, and lays out filesystem mirrors.
 *
 *   node src/bundle.mjs                 writes src/dist/terraform-provider-meridian_v0.1.0
 *   node src/bundle.mjs --mirror DIR    also fills DIR as a filesystem mirror for this platform
 */
import { chmod, copyFile, mkdir, readFile } from "node:fs/promises";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { axiosAtFirstUse } from "./bundle-axios.mjs";

const ROOM = dirname(fileURLToPath(import.meta.url));
const EXECUTABLE_MODE = 0o755;

const GO_PLATFORM = { win32: "windows" };
const GO_ARCHITECTURE = { x64: "amd64", ia32: "386" };

/** The platform as Terraform names it, such as `linux_amd64`. */
export function terraformPlatform() {
  return `${GO_PLATFORM[platform()] ?? platform()}_${GO_ARCHITECTURE[arch()] ?? arch()}`;
}

/**
 * One CommonJS file with a shebang. What is imported with `await import()` is in the file, but runs only when it is
 * asked for: esbuild wraps such modules, and static imports of them from elsewhere would undo that.
 */
export async function bundleProvider(entryPoint, outputFile) {
  await mkdir(dirname(outputFile), { recursive: true });
  await build({
    entryPoints: [entryPoint],
    outfile: outputFile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    plugins: [axiosAtFirstUse],
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "warning",
  });
  await chmod(outputFile, EXECUTABLE_MODE);
}

/**
 * Copies the executable to `HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/` under `mirror`. The directory must hold nothing else:
 * Terraform's lock file hashes every file of it.
 *
 * @param {{ executable: string, mirror: string, address: string, version: string }} options address as `host/namespace/type`
 */
export async function writeMirror({ executable, mirror, address, version }) {
  const type = address.split("/").at(-1);
  const directory = join(mirror, ...address.split("/"), version, terraformPlatform());
  await mkdir(directory, { recursive: true });
  const file = join(directory, `terraform-provider-${type}_v${version}`);
  await copyFile(executable, file);
  await chmod(file, EXECUTABLE_MODE);
}

async function main() {
  const { version } = JSON.parse(await readFile(join(ROOM, "package.json"), "utf8"));
  const executable = join(ROOM, "dist", `terraform-provider-meridian_v${version}`);
  await bundleProvider(join(ROOM, "provider-main.ts"), executable);
  const flag = process.argv.indexOf("--mirror");
  const mirror = flag < 0 ? undefined : process.argv[flag + 1];
  if (mirror !== undefined) {
    await writeMirror({ executable, mirror, address: "meridian.dev/meridian/meridian", version });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
