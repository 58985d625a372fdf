import type { MountType } from "../../../sdk/mount";
import { secretPath, secretRootPath } from "./path-secret";

/** A place of its own for every token; it never leaves the cluster and ends with the token. */
export const cubbyhole: MountType = {
  type: "cubbyhole",
  kind: "secret",
  description: "per-token private secret storage",
  singleton: true,
  paths: () => [secretPath, secretRootPath],
};
