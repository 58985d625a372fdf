import type {
  Administrator,
  ArchivedEntry,
  ClusterEntry,
  ExpiringToken,
  KeyShares,
  OperatorDocument,
  RecipientKeys,
  TopologyEntry,
} from "./operator-document";

const VERSION = 1;

/** What is wrong with the file's text, without any of its values. */
export class OperatorFileFormatError extends Error {
  override readonly name = "OperatorFileFormatError";
}

type Fields = ReadonlyMap<string, unknown>;

function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new OperatorFileFormatError(`${where} must be an object`);
  }
  return new Map(Object.entries(value));
}

function text(fields: Fields, name: string, where: string): string {
  const value = fields.get(name);
  if (typeof value !== "string") throw new OperatorFileFormatError(`${where}.${name} must be a string`);
  return value;
}

function textIfPresent(fields: Fields, name: string, where: string): string | undefined {
  return fields.get(name) === undefined ? undefined : text(fields, name, where);
}

function texts(fields: Fields, name: string, where: string): readonly string[] {
  const value = fields.get(name);
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw new OperatorFileFormatError(`${where}.${name} must be a list of strings`);
  }
  return value;
}

function whole(fields: Fields, name: string, where: string): number {
  const value = fields.get(name);
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new OperatorFileFormatError(`${where}.${name} must be a whole number`);
  }
  return value;
}

function objectIfPresent<T>(
  fields: Fields,
  name: string,
  where: string,
  read: (inner: Fields, at: string) => T,
): T | undefined {
  const value = fields.get(name);
  return value === undefined ? undefined : read(fieldsOf(value, `${where}.${name}`), `${where}.${name}`);
}

/** Leaves out what is undefined, as `exactOptionalPropertyTypes` wants it. */
type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };
function present<T extends object>(value: T): Partial<Present<T>> {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries) as Partial<Present<T>>;
}

function readRecipient(fields: Fields, where: string): RecipientKeys {
  return { privateKey: text(fields, "private_key", where), publicKey: text(fields, "public_key", where) };
}

function readKeys(fields: Fields, where: string): KeyShares {
  const kind = text(fields, "kind", where);
  if (kind !== "unseal" && kind !== "recovery") {
    throw new OperatorFileFormatError(`${where}.kind must be "unseal" or "recovery"`);
  }
  return { kind, shares: texts(fields, "shares_base64", where), threshold: whole(fields, "threshold", where) };
}

function readAdministrator(fields: Fields, where: string): Administrator {
  return {
    mount: text(fields, "mount", where),
    roleId: text(fields, "role_id", where),
    secretId: text(fields, "secret_id", where),
  };
}

function readToken(fields: Fields, where: string): ExpiringToken {
  return { token: text(fields, "token", where), expiresAt: text(fields, "expires_at", where) };
}

function readCluster(value: unknown, where: string): ClusterEntry {
  const fields = fieldsOf(value, where);
  return present({
    apiAddress: textIfPresent(fields, "api_address", where),
    clusterAddress: textIfPresent(fields, "cluster_address", where),
    caCertPem: textIfPresent(fields, "ca_cert_pem", where),
    recipient: objectIfPresent(fields, "recipient", where, readRecipient),
    rootToken: textIfPresent(fields, "root_token", where),
    keys: objectIfPresent(fields, "keys", where, readKeys),
    administrator: objectIfPresent(fields, "administrator", where, readAdministrator),
    keysOf: textIfPresent(fields, "keys_of", where),
    drOperationToken: objectIfPresent(fields, "dr_operation_token", where, readToken),
  });
}

function readTopology(value: unknown, where: string): TopologyEntry {
  const fields = fieldsOf(value, where);
  const drOperationToken = objectIfPresent(fields, "dr_operation_token", where, readToken);
  return {
    members: texts(fields, "members", where),
    primary: text(fields, "primary", where),
    ...(drOperationToken && { drOperationToken }),
  };
}

function readArchived(value: unknown, where: string): ArchivedEntry {
  const fields = fieldsOf(value, where);
  return {
    cluster: text(fields, "cluster", where),
    archivedAt: text(fields, "archived_at", where),
    reason: text(fields, "reason", where),
    entry: readCluster(fields.get("entry"), `${where}.entry`),
  };
}

function readMap<T>(value: unknown, where: string, read: (item: unknown, at: string) => T): ReadonlyMap<string, T> {
  if (value === undefined) return new Map();
  return new Map([...fieldsOf(value, where)].map(([name, item]) => [name, read(item, `${where}.${name}`)]));
}

/** @throws OperatorFileFormatError naming the field, never a value. */
export function parseOperatorDocument(json: string): OperatorDocument {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    // The parser's own message quotes the text, which may be a key.
    throw new OperatorFileFormatError("it is not valid JSON");
  }
  const fields = fieldsOf(parsed, "the file");
  const version = fields.get("version");
  if (version !== VERSION) throw new OperatorFileFormatError(`"version" must be ${VERSION}; a newer provider wrote it`);
  const archive = fields.get("archive") ?? [];
  if (!Array.isArray(archive)) throw new OperatorFileFormatError(`"archive" must be a list`);
  return {
    clusters: readMap(fields.get("clusters"), "clusters", readCluster),
    topologies: readMap(fields.get("topologies"), "topologies", readTopology),
    archive: archive.map((item, index) => readArchived(item, `archive[${index}]`)),
  };
}

function writeCluster(entry: ClusterEntry): object {
  const { recipient, keys, administrator } = entry;
  return {
    api_address: entry.apiAddress,
    cluster_address: entry.clusterAddress,
    ca_cert_pem: entry.caCertPem,
    recipient: recipient && { private_key: recipient.privateKey, public_key: recipient.publicKey },
    root_token: entry.rootToken,
    keys: keys && { kind: keys.kind, shares_base64: keys.shares, threshold: keys.threshold },
    administrator: administrator && {
      mount: administrator.mount,
      role_id: administrator.roleId,
      secret_id: administrator.secretId,
    },
    keys_of: entry.keysOf,
    dr_operation_token: writeToken(entry.drOperationToken),
  };
}

function writeToken(token: ExpiringToken | undefined): object | undefined {
  return token && { token: token.token, expires_at: token.expiresAt };
}

function writeTopology(entry: TopologyEntry): object {
  return {
    members: entry.members,
    primary: entry.primary,
    dr_operation_token: writeToken(entry.drOperationToken),
  };
}

function writeMap<T>(entries: ReadonlyMap<string, T>, write: (entry: T) => object): object {
  return Object.fromEntries([...entries].map(([name, entry]) => [name, write(entry)]));
}

export function formatOperatorDocument(document: OperatorDocument): string {
  const value = {
    version: VERSION,
    note: "Keys and credentials of your clusters. Keep it secret, keep a copy offline: without it sealed data cannot be opened.",
    clusters: writeMap(document.clusters, writeCluster),
    topologies: writeMap(document.topologies, writeTopology),
    archive: document.archive.map(({ cluster, archivedAt, reason, entry }) => ({
      cluster,
      archived_at: archivedAt,
      reason,
      entry: writeCluster(entry),
    })),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}
