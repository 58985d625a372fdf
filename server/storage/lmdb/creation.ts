import { linkSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type DataDirectory, makePrivateFile } from "./directory";
import { Environment } from "./environment";
import { checkHeader } from "./header";

const UNFINISHED_PREFIX = "new-";

/**
 * Makes the data file if there is none: an empty environment is written and synced under another name, then gets its own.
 * A power failure leaves no file or a whole one, never a file whose first pages are missing, which nobody could tell from a
 * damaged storage. Of several processes that do this at once one wins, and the others go on with its file.
 * @throws Error when there is a data file already and it is damaged
 */
export async function createDataFile(directory: DataDirectory): Promise<void> {
  const existing = statSync(directory.dataFile, { throwIfNoEntry: false });
  if (existing !== undefined) {
    checkHeader(directory.dataFile);
    return;
  }
  const unfinished = mkdtempSync(join(directory.path, UNFINISHED_PREFIX));
  try {
    const file = join(unfinished, "data.mdb");
    makePrivateFile(file);
    const environment = await Environment.open(file);
    try {
      await environment.writeFormat();
    } finally {
      await environment.close();
    }
    giveName(file, directory.dataFile);
    directory.sync();
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function giveName(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch (error) {
    // EEXIST: another process was faster. ENOENT: it was, and removed what we had not finished.
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "EEXIST" && code !== "ENOENT") throw error;
  }
}

/** Removes what creations that did not end have left. Only for the process that holds the directory. */
export function removeUnfinished(directory: DataDirectory): void {
  for (const name of readdirSync(directory.path)) {
    if (name.startsWith(UNFINISHED_PREFIX)) rmSync(join(directory.path, name), { recursive: true, force: true });
  }
}
