import { RuleError } from "./rule-error";

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

  private constructor(
    public readonly mode: string,
    public readonly paths: string[],
  ) {
    for (const path of paths) {
      if (!path.endsWith("/") || path.startsWith("/")) {
        throw new RuleError(
          "filter/path",
          `"${path}" is not a mount path: write it with a slash at the end only, e.g. "secret/"`,
        );
      }
    }
  }

  /** Whether the mount at `mountPath` (with its slash at the end) reaches the secondary. */
  public includes(mountPath: string): boolean {
    return this.paths.includes(mountPath) === (this.mode === "allow");
  }
}
