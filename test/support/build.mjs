// Turns the TypeScript of all rooms into what runs: seconds, because nothing is type-checked here (`npm run check` does that).
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const started = performance.now();
const common = {
  platform: "node",
  target: "node20",
  format: "cjs",
  sourcemap: true,
  logLevel: "warning",
  absWorkingDir: root,
};

/** All TypeScript files below a folder, tests and declarations left out. */
function sources(folder) {
  const found = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name === "dist" || entry.name === "node_modules") continue;
    if (entry.isDirectory()) found.push(...sources(path));
    else if (entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts") && !entry.name.endsWith(".test.ts"))
      found.push(path);
  }
  return found;
}

/** One file per source, so that stack traces and imports stay what they are in the tree. */
async function transpile(folder) {
  const entryPoints = sources(folder);
  if (entryPoints.length === 0) return;
  mkdirSync(join(root, folder, "dist"), { recursive: true });
  // Tests reach into other rooms' sources, so theirs are bundled.
  const reach = folder === "test" ? { bundle: true, packages: "external" } : {};
  await build({ ...common, ...reach, entryPoints, outdir: join(folder, "dist"), outbase: folder });
}

/** Packages with native parts, and those that few servers ever load. What every start needs goes into the server's one file. */
const OUTSIDE = ["lmdb", "openpgp", "@peculiar/x509", "reflect-metadata"];

/** The server as one file: it starts in half the time that hundreds of small ones take. */
async function bundleServer() {
  const entry = "server/main.ts";
  if (!existsSync(join(root, entry))) return;
  const { outputFiles } = await build({
    ...common,
    entryPoints: [entry],
    outfile: "server/dist/meridian-server.js",
    bundle: true,
    external: OUTSIDE,
    write: false,
  });
  // Whole or not at all: a server that starts during a build must not load half a file.
  for (const { path, contents } of outputFiles) {
    writeFileSync(`${path}.${process.pid}`, contents);
    renameSync(`${path}.${process.pid}`, path);
  }
}

/** The one file that Terraform starts. */
async function bundleProvider() {
  const { version } = JSON.parse(readFileSync(join(root, "src/package.json"), "utf8"));
  const provider = await import("../../src/bundle.mjs");
  const executable = join(root, "src/dist", `terraform-provider-meridian_v${version}`);
  await provider.bundleProvider(join(root, "src/provider-main.ts"), executable);
}

const rooms = ["server", "src", "constructs", "examples/multi-datacenter", "test"];
for (const room of rooms) if (existsSync(join(root, room))) await transpile(room);
await bundleServer();
await bundleProvider();
if (process.env.MERIDIAN_BUILD_QUIET === undefined) {
  process.stdout.write(`built ${rooms.join(", ")} in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}
