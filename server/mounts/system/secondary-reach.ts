import type { MountEntry } from "../../sdk/mounts";
import type { RequestFacts } from "../../sdk/path";

/**
 * Keeps a performance secondary from naming a mount that it does not hold: moved or tuned, one that its filter leaves out could
 * come to it after all. One that keeps the rules knows no such mount, and forwards nothing that names one.
 * @throws permission_denied
 */
export function requireReach({ secondary }: Pick<RequestFacts, "secondary">, entry: MountEntry | undefined): void {
  if (secondary === undefined || entry === undefined) return;
  if (!entry.local && secondary.allowsMount(entry.path)) return;
  throw secondary.refusal(entry.path);
}

/** For what is this cluster's alone, as a local audit device: no secondary may switch it off, or on. @throws permission_denied */
export function requireOwnClient({ secondary, path }: Pick<RequestFacts, "secondary" | "path">): void {
  if (secondary !== undefined) throw secondary.refusal(path);
}
