import { ServerError } from "../sdk/errors";
import type { JsonObject, JsonValue } from "../sdk/json";
import { JsonError, parseJson, stringifyJson } from "../sdk/json";
import type { MountConfig, MountEntry } from "../sdk/mounts";

export const defaultMountConfig: MountConfig = Object.freeze({
  defaultLeaseTtlSeconds: 0,
  maxLeaseTtlSeconds: 0,
  forceNoCache: false,
  listingVisibility: "",
  tokenType: "default-service",
  auditNonHmacRequestKeys: Object.freeze([]),
  auditNonHmacResponseKeys: Object.freeze([]),
  passthroughRequestHeaders: Object.freeze([]),
  allowedResponseHeaders: Object.freeze([]),
});

/** Stored form, version 1. */
export function encodeMountEntry(entry: MountEntry): Buffer {
  const { config, options, ...rest } = entry;
  return Buffer.from(stringifyJson({ version: 1, ...rest, options, config: { ...config } }), "utf8");
}

/** What is stored may come from another cluster or an old file: every member is looked at. @throws corrupt naming the key */
export function decodeMountEntry(key: string, value: Buffer): MountEntry {
  const reader = new StoredObject(key, parseStored(key, value));
  if (reader.number("version") !== 1) throw corrupt(key, "version");
  const kind = reader.text("kind");
  if (kind !== "secret" && kind !== "auth") throw corrupt(key, "kind");
  return Object.freeze({
    id: reader.text("id"),
    path: reader.text("path"),
    kind,
    type: reader.text("type"),
    description: reader.text("description"),
    accessor: reader.text("accessor"),
    local: reader.flag("local"),
    sealWrap: reader.flag("sealWrap"),
    options: reader.texts("options"),
    config: decodeConfig(reader.object("config")),
  });
}

function decodeConfig(reader: StoredObject): MountConfig {
  const visibility = reader.text("listingVisibility");
  return Object.freeze({
    defaultLeaseTtlSeconds: reader.number("defaultLeaseTtlSeconds"),
    maxLeaseTtlSeconds: reader.number("maxLeaseTtlSeconds"),
    forceNoCache: reader.flag("forceNoCache"),
    listingVisibility: visibility === "hidden" || visibility === "unauth" ? visibility : "",
    tokenType: reader.text("tokenType"),
    auditNonHmacRequestKeys: reader.list("auditNonHmacRequestKeys"),
    auditNonHmacResponseKeys: reader.list("auditNonHmacResponseKeys"),
    passthroughRequestHeaders: reader.list("passthroughRequestHeaders"),
    allowedResponseHeaders: reader.list("allowedResponseHeaders"),
  });
}

function parseStored(key: string, value: Buffer): JsonObject {
  try {
    const parsed = parseJson(value, { bytesMax: 1024 * 1024, depthMax: 4 });
    if (parsed instanceof Map) return parsed;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
  }
  throw corrupt(key, "document");
}

function corrupt(key: string, member: string): ServerError {
  return new ServerError("corrupt", { detail: `${key}: ${member} is not what a mount entry holds` });
}

class StoredObject {
  constructor(
    private readonly key: string,
    private readonly members: JsonObject,
  ) {}

  text(name: string): string {
    const value = this.members.get(name);
    return typeof value === "string" ? value : this.refuse(name);
  }

  number(name: string): number {
    const value = this.members.get(name);
    return typeof value === "number" ? value : this.refuse(name);
  }

  flag(name: string): boolean {
    const value = this.members.get(name);
    return typeof value === "boolean" ? value : this.refuse(name);
  }

  object(name: string): StoredObject {
    const value = this.members.get(name);
    return value instanceof Map ? new StoredObject(this.key, value) : this.refuse(name);
  }

  list(name: string): readonly string[] {
    const value = this.members.get(name);
    if (!Array.isArray(value) || !value.every(isText)) return this.refuse(name);
    return Object.freeze(value.filter(isText));
  }

  texts(name: string): ReadonlyMap<string, string> {
    const value = this.members.get(name);
    if (!(value instanceof Map)) return this.refuse(name);
    const texts = new Map<string, string>();
    for (const [key, member] of value) texts.set(key, isText(member) ? member : this.refuse(name));
    return texts;
  }

  private refuse(name: string): never {
    throw corrupt(this.key, name);
  }
}

function isText(value: JsonValue): value is string {
  return typeof value === "string";
}
