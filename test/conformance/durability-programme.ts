import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";

const root = resolve(__dirname, "../..");

/** A directory of the test's own and the programmes it may start, as JavaScript. */
export interface Workshop {
  readonly directory: string;
  /** Environment that the programmes need to find the engine. */
  readonly environment: NodeJS.ProcessEnv;
  programme(name: "durability-writer" | "durability-reader" | "durability-filler"): string;
  remove(): void;
}

export function openWorkshop(): Workshop {
  const directory = mkdtempSync(join(tmpdir(), "meridian-durability-"));
  return {
    directory,
    environment: { ...process.env, NODE_PATH: join(root, "node_modules") },
    programme: (name) => {
      const outfile = join(directory, `${name}.cjs`);
      const entryPoints = [join(__dirname, `${name}.ts`)];
      buildSync({ entryPoints, outfile, bundle: true, platform: "node", target: "node20", external: ["lmdb"] });
      return outfile;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** From MERIDIAN_TEST_SEED, or chosen; printed, so that a failure can be repeated. */
export function chooseSeed(test: string): number {
  const given = process.env.MERIDIAN_TEST_SEED;
  const seed = given === undefined ? randomInt(2 ** 31) : Number(given);
  process.stderr.write(`${test}: MERIDIAN_TEST_SEED=${seed}\n`);
  return seed;
}
