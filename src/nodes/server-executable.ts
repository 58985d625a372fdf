import { constants } from "node:fs";
import { access, realpath } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { ConfigurationError } from "../client/errors";

const NAME = "meridian-server";

/**
 * The server's executable: as configured, else the environment's `MERIDIAN_SERVER`, else the one installed beside this
 * program (as a package or in the same checkout), else the one on the PATH.
 */
export async function findServerExecutable(configured: string | null): Promise<string> {
  const named = configured ?? process.env.MERIDIAN_SERVER;
  if (named !== undefined && named !== "") {
    const path = resolve(named);
    if (await isExecutable(path)) return path;
    const detail = `${path} is not there or not executable. Correct "server_executable" or the variable MERIDIAN_SERVER.`;
    throw new ConfigurationError("The server's executable cannot be used", detail);
  }
  const candidates = [...(await besideThisProgram()), ...onThePath()];
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  const detail = `No ${NAME} was found beside this provider or on the PATH. Set "server_executable" or the variable MERIDIAN_SERVER.`;
  throw new ConfigurationError("The server's executable was not found", detail);
}

async function besideThisProgram(): Promise<readonly string[]> {
  const script = process.argv[1];
  if (script === undefined) return [];
  const starts = new Set([dirname(script), dirname(await realpath(script).catch(() => script))]);
  return [...starts].flatMap((start) => ancestors(start).flatMap(placesBelow));
}

function ancestors(start: string): readonly string[] {
  const parent = dirname(start);
  return parent === start ? [start] : [start, ...ancestors(parent)];
}

function placesBelow(directory: string): readonly string[] {
  return [
    join(directory, NAME),
    join(directory, "node_modules", "@meridian", "server", "bin", NAME),
    join(directory, "server", "bin", NAME),
  ];
}

function onThePath(): readonly string[] {
  const directories = (process.env.PATH ?? "").split(delimiter).filter((directory) => directory !== "");
  return directories.map((directory) => join(directory, NAME));
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
