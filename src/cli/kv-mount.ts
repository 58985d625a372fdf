import type { Api } from "./api";
import { type FlagRow, type Invocation, textFlag, UsageError } from "./command";
import { text } from "./json-members";
import { apiPath } from "./paths";

/** Where a secret lies, with what decides the shape of its paths. */
export interface KvPath {
  readonly mount: string;
  readonly version: 1 | 2;
  /** Empty: the engine itself. */
  readonly name: string;
}

export const MOUNT: FlagRow = {
  name: "mount",
  kind: "text",
  description: "Path of the engine (found from the beginning of the path).",
};

/**
 * Which engine a path belongs to, and of which version that is, as the server tells. A server without that path has only engines
 * of version 1.
 *
 * @throws RefusalError if the token may see nothing there
 */
export async function locate(invocation: Invocation, api: Api, given: string | undefined): Promise<KvPath> {
  const named = textFlag(invocation.flags, "mount");
  if (given === undefined && named === undefined) throw new UsageError("give a path such as secret/app");
  const name = given === undefined ? "" : apiPath(given);
  const whole = named === undefined ? name : `${apiPath(named)}/${name}`.replace(/\/$/, "");
  const answer = await api.call({ method: "GET", path: `sys/internal/ui/mounts/${whole}`, accept: [404] });
  const told = text(answer.body, "data", "path")?.replace(/\/+$/, "");
  const mount = told ?? (named === undefined ? (name.split("/", 1)[0] ?? name) : apiPath(named));
  const version = text(answer.body, "data", "options", "version") === "2" ? 2 : 1;
  return { mount, version, name: whole.slice(mount.length + 1) };
}

/** As `locate`, for commands about one secret. */
export async function locateSecret(invocation: Invocation, api: Api, given: string | undefined): Promise<KvPath> {
  const path = await locate(invocation, api, given);
  if (path.name === "") throw new UsageError("the path names an engine; add the secret's name to it");
  return path;
}

/** The API's path: version 2 has one tree for `data`, one for `metadata` and one for each further operation. */
export function kvApiPath({ mount, version, name }: KvPath, tree: "data" | "metadata" | "delete"): string {
  return [mount, version === 2 ? tree : "", name].filter((part) => part !== "").join("/");
}
