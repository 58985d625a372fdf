// `npm run generate`: writes what is derived from the sources and committed beside them.
//   server/openapi.json   from the path declarations of every mount type
//   docs/reference        the configuration reference, from the table of options
//   constructs/l1         bindings, by @cdktf/provider-generator from the provider's real schema
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

function run(script, ...args) {
  const child = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, MERIDIAN_BUILD_QUIET: "1" },
  });
  if (child.status !== 0) process.exit(child.status ?? 1);
}

run("test/support/build.mjs");
run("test/dist/support/generate-reference.js");
run("test/dist/support/generate-bindings.js");
