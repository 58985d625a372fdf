import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The root of the repository, from wherever in it this file was built to. */
export const REPOSITORY = rootAbove(__dirname);

function rootAbove(directory: string): string {
  const isRoot = existsSync(join(directory, "package-lock.json")) || directory === dirname(directory);
  return isRoot ? directory : rootAbove(dirname(directory));
}

/** Where the demo works. Everything that it makes is below it, and it is removed as a whole. */
export interface DemoFolder {
  readonly path: string;
  readonly program: string;
  readonly mirror: string;
  readonly cliConfiguration: string;
  readonly outputs: string;
  readonly operatorFile: string;
  readonly nodes: string;
  readonly state: string;
  readonly lock: string;
}

/** MERIDIAN_DEMO_FOLDER, or .meridian/demo in the repository. */
export function demoFolder(environment: NodeJS.ProcessEnv): DemoFolder {
  const path = resolve(environment.MERIDIAN_DEMO_FOLDER ?? join(REPOSITORY, ".meridian", "demo"));
  return {
    path,
    program: join(path, "main.ts"),
    mirror: join(path, "mirror"),
    cliConfiguration: join(path, "terraform.tfrc"),
    outputs: join(path, "outputs.json"),
    // The program says the same, from the folder that it runs in.
    operatorFile: join(path, ".meridian", "operator.json"),
    nodes: join(path, ".meridian", "nodes"),
    state: join(path, "terraform.multi-datacenter.tfstate"),
    lock: join(path, "demo.pid"),
  };
}
