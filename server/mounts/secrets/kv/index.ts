import { ServerError } from "../../../sdk/errors";
import type { MountType } from "../../../sdk/mount";
import { configPath } from "./path-config";
import { dataPath } from "./path-data";
import { versionChangePaths } from "./path-delete";
import { metadataPath, metadataRootPath } from "./path-metadata";
import { secretPath, secretRootPath } from "./path-secret";
import { subkeysPath } from "./path-subkeys";
import { versionOneKeys, versionTwoKeys } from "./stored-keys";

const pathsByVersion = new Map([
  ["1", [secretPath, secretRootPath]],
  ["2", [configPath, dataPath, ...versionChangePaths, metadataPath, metadataRootPath, subkeysPath]],
]);

/** Secrets as users store them: version 1 keeps the last value, version 2 keeps versions of it. */
export const kv: MountType = {
  type: "kv",
  kind: "secret",
  description: "key/value secret storage",
  paths: (options) => pathsOfVersion(options.get("version")),
  storedKeys: (options) => (options.get("version") === "2" ? versionTwoKeys : versionOneKeys),
  checkOptions: (options) => {
    pathsOfVersion(options.get("version"));
  },
};

function pathsOfVersion(version = "1"): ReturnType<MountType["paths"]> {
  const paths = pathsByVersion.get(version);
  if (paths === undefined) throw new ServerError("invalid_request", 'option version must be "1" or "2"');
  return paths;
}
