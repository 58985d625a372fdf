import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type DemoFolder, REPOSITORY } from "./folder";

const run = promisify(execFile);

/** Lays the provider out as Terraform expects it, and tells Terraform to look there and nowhere else. */
export async function writeMirror(folder: DemoFolder): Promise<void> {
  await run(process.execPath, [join(REPOSITORY, "src", "bundle.mjs"), "--mirror", folder.mirror]);
  const source = `filesystem_mirror {\n    path = ${JSON.stringify(folder.mirror)}\n  }`;
  await writeFile(folder.cliConfiguration, `disable_checkpoint = true\nprovider_installation {\n  ${source}\n}\n`);
}
