import { RuleError } from "./rule-error";

/** Mounts without which a cluster could not work; they cannot be kept from a secondary. */
const ALWAYS_SENT = ["sys/", "identity/", "cubbyhole/", "auth/token/"];

/** Which mounts are sent to one performance secondary. What is filtered is never sent, not even encrypted. */
export class PathsFilter {
  /** Sends only the mounts listed, e.g. `["secret/", "auth/userpass/"]`. */
  public static allow(paths: string[]): PathsFilter {
    return new PathsFilter("allow", paths);
  }

  /** Sends everything but the mounts listed. */
  public static deny(paths: string[]): PathsFilter {
    return new PathsFilter("deny", paths);
  }

  public readonly paths: string[];

  private constructor(
    public readonly mode: string,
    paths: string[],
  ) {
    for (const path of paths) requireMountPath(path);
    // Sorted and without repetition: the order of writing means nothing.
    this.paths = [...new Set(paths)].sort();
  }

  /** Whether the mount at `mountPath` (with its slash at the end) reaches the secondary. */
  public includes(mountPath: string): boolean {
    return ALWAYS_SENT.includes(mountPath) || this.paths.includes(mountPath) === (this.mode === "allow");
  }
}

/** As an attribute of the bindings. */
export function filterAttribute(filter: PathsFilter | undefined): { pathsFilter?: { mode: string; paths: string[] } } {
  return filter === undefined ? {} : { pathsFilter: { mode: filter.mode, paths: filter.paths } };
}

function requireMountPath(path: string): void {
  if (!/^([^/\s]+\/)+$/.test(path)) {
    throw new RuleError(
      "filter/path",
      `"${path}" is not a mount path: write it with a slash at the end only, e.g. "secret/"`,
    );
  }
  if (ALWAYS_SENT.includes(path)) {
    throw new RuleError(
      "filter/system",
      `"${path}" cannot be filtered: every cluster has its own or needs it; leave it out`,
    );
  }
}
