import { type ExitCode, type Invocation, UsageError } from "./command";

/** The path as the client wants it: without `/v1/` and slashes around it. */
export function apiPath(path: string): string {
  const bare = path.replace(/^\/+/, "").replace(/^v1\//, "").replace(/\/+$/, "");
  if (bare === "") throw new UsageError("the path is empty");
  return bare;
}

export function missing({ terminal }: Invocation, path: string): ExitCode {
  terminal.error(`No value found at ${path}\n`);
  return 2;
}

/** Exactly one path and nothing else. */
export function onlyPath({ positional }: Invocation): string {
  const [path, ...more] = positional;
  if (path === undefined || more.length > 0) throw new UsageError("give exactly one path");
  return apiPath(path);
}
