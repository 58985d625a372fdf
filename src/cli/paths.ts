import { type ExitCode, type Invocation, UsageError } from "./command";

/** The path without slashes around it. */
export function apiPath(path: string): string {
  const bare = path.trim().replace(/^\/+|\/+$/g, "");
  if (bare === "") throw new UsageError("the path is empty");
  return bare;
}

/** Exactly one path and nothing else. */
export function onlyPath({ positional }: Invocation): string {
  const [path, ...more] = positional;
  if (path === undefined || more.length > 0) throw new UsageError("give exactly one path");
  return apiPath(path);
}

export function missing({ terminal }: Invocation, path: string): ExitCode {
  terminal.error(`No value found at ${path}\n`);
  return 2;
}
