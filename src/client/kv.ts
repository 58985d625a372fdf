import { type ClusterClient, JsonText } from "./cluster-client";
import { at, entriesAt, integerAt, textAt } from "./json";

/** Where a secret lies, with what decides the shape of its paths. */
export interface KvPath {
  readonly mount: string;
  readonly version: 1 | 2;
  readonly name: string;
}

export interface KvVersion {
  /** 0 in a version 1 mount. */
  readonly version: number;
  readonly createdTime: string | null;
}

/** @throws ApiError; a mount that is not a `kv` has no version and counts as 1. */
export async function kvVersion(cluster: ClusterClient, mount: string): Promise<1 | 2> {
  const answer = await cluster.get(`sys/internal/ui/mounts/${mount}`, { accept: [403] });
  const told = textAt(answer?.body, "data", "options", "version");
  if (told !== undefined) return told === "2" ? 2 : 1;
  const mounts = await cluster.get("sys/mounts", { accept: [403] });
  const entry = entriesAt(mounts?.body, "data").get(`${mount}/`) ?? entriesAt(mounts?.body).get(`${mount}/`);
  return textAt(entry, "options", "version") === "2" ? 2 : 1;
}

/**
 * Writes a version. `dataJson` is the text of a JSON object and goes to the server digit for digit.
 *
 * @param cas version that must be the present one (0: none yet); undefined: not checked. Version 2 only.
 */
export async function writeSecret(
  cluster: ClusterClient,
  path: KvPath,
  dataJson: string,
  cas: number | undefined,
  secrets: readonly string[],
): Promise<KvVersion> {
  if (path.version === 1) {
    await cluster.post(`${path.mount}/${path.name}`, new JsonText(dataJson), { secrets });
    return { version: 0, createdTime: null };
  }
  const options = cas === undefined ? "" : `,"options":{"cas":${cas}}`;
  const body = new JsonText(`{"data":${dataJson}${options}}`);
  const answer = await cluster.post(`${path.mount}/data/${path.name}`, body, { secrets });
  return {
    version: integerAt(answer.body, "data", "version") ?? 0,
    createdTime: textAt(answer.body, "data", "created_time") ?? null,
  };
}

/** The present version without its data; undefined if there is none or it is deleted. */
export async function findVersion(cluster: ClusterClient, path: KvPath): Promise<KvVersion | undefined> {
  if (path.version === 1) {
    return (await cluster.get(`${path.mount}/${path.name}`)) && { version: 0, createdTime: null };
  }
  const answer = await cluster.get(`${path.mount}/metadata/${path.name}`);
  const version = integerAt(answer?.body, "data", "current_version") ?? 0;
  const entry = at(answer?.body, "data", "versions", String(version));
  const isGone = (textAt(entry, "deletion_time") ?? "") !== "" || at(entry, "destroyed") === true;
  if (answer === undefined || version === 0 || entry === undefined || isGone) return undefined;
  return { version, createdTime: textAt(entry, "created_time") ?? null };
}

/** The newest version's number even if it is deleted, for a check-and-set write; 0 if there never was one. */
export async function newestVersion(cluster: ClusterClient, path: KvPath): Promise<number> {
  if (path.version === 1) return 0;
  const answer = await cluster.get(`${path.mount}/metadata/${path.name}`);
  return integerAt(answer?.body, "data", "current_version") ?? 0;
}

/** `everything`: all versions and the metadata; else only the present version, which can be undeleted. */
export async function deleteSecret(cluster: ClusterClient, path: KvPath, everything: boolean): Promise<void> {
  if (path.version === 1) return cluster.delete(`${path.mount}/${path.name}`);
  return cluster.delete(`${path.mount}/${everything ? "metadata" : "data"}/${path.name}`);
}

/** The answer's text, for a reader that keeps numbers exact; undefined if there is nothing. */
export async function readSecret(
  cluster: ClusterClient,
  path: KvPath,
  version: number | null,
): Promise<string | undefined> {
  if (path.version === 1) return (await cluster.get(`${path.mount}/${path.name}`))?.text;
  const query = version === null ? {} : { query: `version=${version}` };
  return (await cluster.get(`${path.mount}/data/${path.name}`, query))?.text;
}
