import type { AuditDeviceEntry } from "../../sdk/audit";
import { ServerError } from "../../sdk/errors";
import { JsonError, parseJson, stringifyJson } from "../../sdk/json";
import type { KeyClass, LoggedClass } from "../../sdk/log";
import type { View } from "../../sdk/view";

/** Where views come from: the barrier. */
export interface AuditViews {
  view(prefix: string, keyClass: KeyClass): View;
}

export interface StoredDevice {
  readonly entry: AuditDeviceEntry;
  readonly salt: Buffer;
}

export const AUDIT_PREFIX = "core/audit/";

const LIMIT = 1000;
const SALT_BYTES = 32;
const CLASSES: readonly LoggedClass[] = ["replicated", "local"];

/** Device configurations with their salts, one key each: what is disabled is gone with its salt. */
export class DeviceStore {
  constructor(private readonly views: AuditViews) {}

  async readAll(): Promise<readonly StoredDevice[]> {
    const devices: StoredDevice[] = [];
    for (const keyClass of CLASSES) {
      const view = this.views.view(AUDIT_PREFIX, keyClass);
      for (const key of await view.listAll("", { limit: LIMIT })) {
        const stored = await view.get(key);
        if (stored !== undefined) devices.push(decode(key, stored.value));
      }
    }
    return devices;
  }

  async write(device: StoredDevice): Promise<void> {
    const view = this.views.view(AUDIT_PREFIX, classOf(device.entry));
    await view.commit([view.put(keyOf(device.entry.path), encode(device), { ifRevision: 0 })]);
  }

  async remove(entry: AuditDeviceEntry): Promise<void> {
    const view = this.views.view(AUDIT_PREFIX, classOf(entry));
    await view.commit([view.delete(keyOf(entry.path))]);
  }
}

function classOf(entry: AuditDeviceEntry): LoggedClass {
  return entry.local ? "local" : "replicated";
}

function keyOf(path: string): string {
  return path.slice(0, -1);
}

function encode({ entry, salt }: StoredDevice): Buffer {
  const { path, type, description, local, options } = entry;
  const document = { version: 1, path, type, description, local, options, salt: salt.toString("base64") };
  return Buffer.from(stringifyJson(document), "utf8");
}

/** What is stored may come from another cluster: every member is looked at. @throws corrupt naming the key */
function decode(key: string, value: Buffer): StoredDevice {
  const corrupt = (): ServerError => new ServerError("corrupt", { detail: `${AUDIT_PREFIX}${key} is no audit device` });
  const members = parsed(value);
  const path = members?.get("path");
  const description = members?.get("description");
  const local = members?.get("local");
  const options = members?.get("options");
  const salt = members?.get("salt");
  if (members?.get("version") !== 1 || members.get("type") !== "file" || typeof path !== "string") throw corrupt();
  if (typeof description !== "string" || typeof local !== "boolean" || typeof salt !== "string") throw corrupt();
  if (!(options instanceof Map)) throw corrupt();
  const texts = new Map<string, string>();
  for (const [name, option] of options) {
    if (typeof option !== "string") throw corrupt();
    texts.set(name, option);
  }
  const bytes = Buffer.from(salt, "base64");
  if (bytes.length !== SALT_BYTES) throw corrupt();
  return { entry: Object.freeze({ path, type: "file", description, local, options: texts }), salt: bytes };
}

function parsed(value: Buffer): ReadonlyMap<string, unknown> | undefined {
  try {
    const document = parseJson(value, { bytesMax: 256 * 1024, depthMax: 3 });
    return document instanceof Map ? document : undefined;
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
