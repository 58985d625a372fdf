import { ServerError } from "../sdk/errors";
import type { MountEntry, MountKind } from "../sdk/mounts";

const PATH_BYTES_MAX = 512;
const SEGMENTS_MAX = 16;
/** First segments that are not for secrets engines. `identity` is kept free for the identity store. */
const RESERVED_FIRST_SEGMENTS = new Set(["sys", "auth", "cubbyhole", "identity", "audit", "v1"]);
/** Such names would be parameters, globs or wildcards in policies. */
const FORBIDDEN_CHARACTERS = /[\p{C}\p{Z}*+{}?#%\\]/u;

/** `a/b` with one slash at the end. */
export function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

/** @returns the path as it is stored. @throws invalid_request */
export function checkMountPath(kind: MountKind, path: string): string {
  const settled = withSlash(path);
  const segments = settled.slice(0, -1).split("/");
  if (Buffer.byteLength(settled) > PATH_BYTES_MAX || segments.length > SEGMENTS_MAX) {
    throw new ServerError("invalid_request", "the mount path is too long");
  }
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    throw new ServerError("invalid_request", "the mount path has an empty or relative segment");
  }
  if (FORBIDDEN_CHARACTERS.test(settled)) {
    throw new ServerError("invalid_request", "the mount path holds a character that is not allowed there");
  }
  checkReserved(kind, segments);
  return settled;
}

function checkReserved(kind: MountKind, segments: readonly string[]): void {
  const [first = "", second = ""] = segments;
  if (kind === "auth") {
    if (first !== "auth" || segments.length < 2)
      throw new ServerError("invalid_request", "an auth mount is under auth/");
    if (second === "token") throw new ServerError("invalid_request", "path is already in use at auth/token/");
  } else if (RESERVED_FIRST_SEGMENTS.has(first)) {
    throw new ServerError("invalid_request", `cannot mount at the reserved path ${first}/`);
  }
}

/** Nested mounts would make the longest prefix decide over somebody else's data. @throws invalid_request */
export function checkPathIsFree(path: string, entries: Iterable<MountEntry>): void {
  for (const entry of entries) {
    if (entry.path.startsWith(path) || path.startsWith(entry.path)) {
      throw new ServerError("invalid_request", `path is already in use at ${entry.path}`);
    }
  }
}
