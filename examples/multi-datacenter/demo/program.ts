import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DemoFailure } from "./failure";
import { type DemoFolder, REPOSITORY } from "./folder";

const SOURCE = join(REPOSITORY, "examples", "multi-datacenter", "main.ts");
const PRIMARY = /^ {2}primary: "([a-z0-9-]+)",$/m;

/** Puts a copy of the example's program into the folder: the demo edits that, never the original. */
export async function copyProgram(folder: DemoFolder): Promise<void> {
  await copyFile(SOURCE, folder.program);
}

export interface ChangedLine {
  readonly number: number;
  readonly before: string;
  readonly after: string;
}

/** Changes the one line that says who is primary. */
export async function setPrimary(folder: DemoFolder, primary: string): Promise<ChangedLine> {
  const text = await readFile(folder.program, "utf8");
  const found = PRIMARY.exec(text);
  if (found === null) throw new DemoFailure(`${folder.program} has no line that names the primary`);
  const [before] = found;
  const after = `  primary: "${primary}",`;
  await writeFile(folder.program, text.replace(before, after));
  return { number: text.slice(0, found.index).split("\n").length, before, after };
}
