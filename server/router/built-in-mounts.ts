import type { MountEntry } from "../sdk/mounts";
import { defaultMountConfig } from "./mount-entry";

function builtIn(
  entry: Pick<MountEntry, "id" | "path" | "kind" | "type" | "description" | "local"> & { readonly accessor: string },
): MountEntry {
  return Object.freeze({ ...entry, sealWrap: false, options: new Map<string, string>(), config: defaultMountConfig });
}

/** There on every node in every state, sealed too. */
export const systemMount = builtIn({
  id: "00000000-0000-4000-8000-000000000001",
  path: "sys/",
  kind: "secret",
  type: "system",
  description: "system endpoints used for control, policy and debugging",
  accessor: "system_00000001",
  local: false,
});

/**
 * There on every unsealed cluster with the same ids, without being stored: the log needs no entry for them at init, and a
 * secondary has its own from the first moment. An entry under `mounts/<id>` (after a tune) takes the row's place.
 */
export const unsealedMounts: readonly MountEntry[] = [
  builtIn({
    id: "00000000-0000-4000-8000-000000000002",
    path: "cubbyhole/",
    kind: "secret",
    type: "cubbyhole",
    description: "per-token private secret storage",
    accessor: "cubbyhole_00000002",
    local: true,
  }),
  builtIn({
    id: "00000000-0000-4000-8000-000000000003",
    path: "auth/token/",
    kind: "auth",
    type: "token",
    description: "token based credentials",
    accessor: "auth_token_00000003",
    local: false,
  }),
];

const builtInIds = new Set([systemMount, ...unsealedMounts].map((entry) => entry.id));

export function isBuiltIn(mountId: string): boolean {
  return builtInIds.has(mountId);
}
