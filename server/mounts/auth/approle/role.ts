import { asciiLowerCase } from "../../../sdk/ascii";
import { hmacSha256 } from "../../../sdk/crypto";
import { isServerError, ServerError } from "../../../sdk/errors";
import type { MountContext } from "../../../sdk/mount";
import { encodeRecord, StoredRecord } from "../../../sdk/stored-record";
import { decodeTokenParameters, type TokenParameters } from "../../../sdk/token-fields";

/** One role, stored under `role/<name>`, with `name/<name in lower case>` -> name beside it. */
export interface Role {
  /** As it was spelled when the role was made. */
  readonly name: string;
  readonly roleId: string;
  /** Key of the hashes that secret ids are stored by; a role made anew has another one. */
  readonly secretIdKey: Buffer;
  readonly bindSecretId: boolean;
  readonly secretIdBoundCidrs: readonly string[];
  /** 0: without limit. */
  readonly secretIdNumUses: number;
  /** Seconds, 0: they do not expire. */
  readonly secretIdTtlSeconds: number;
  /** Secret ids stay in the cluster that made them. Decided when the role is made. */
  readonly localSecretIds: boolean;
  readonly token: TokenParameters;
}

export interface LoadedRole extends Role {
  /** Key of the role: its name. */
  readonly key: string;
  readonly revision: number;
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}$/;
const SALT_KEY = "salt";

/**
 * The role of a name in a path. Names that differ in case only cannot both be there, and a role answers to the spelling it was
 * made with only: a policy that denies `role/admin` would not see `role/ADMIN`.
 */
export async function readRole(context: MountContext, name: string): Promise<LoadedRole | undefined> {
  if (!NAME.test(name)) {
    throw new ServerError("invalid_request", "a role name is 1 to 128 letters, digits and the characters _ . @ -");
  }
  const role = await readRoleByKey(context, name);
  if (role === undefined && (await context.storage.get(nameKey(name))) !== undefined) {
    throw new ServerError("invalid_request", "there is a role whose name differs in case only; use its own spelling");
  }
  return role;
}

function nameKey(name: string): string {
  return `name/${asciiLowerCase(name)}`;
}

export async function readRoleByKey(context: MountContext, key: string): Promise<LoadedRole | undefined> {
  const stored = await context.storage.get(`role/${key}`);
  if (stored === undefined) return undefined;
  const record = StoredRecord.parse(stored.value, "approle role");
  return {
    key,
    revision: stored.revision,
    name: record.text("name"),
    roleId: record.text("roleId"),
    secretIdKey: Buffer.from(record.text("secretIdKey"), "base64"),
    bindSecretId: record.boolean("bindSecretId"),
    secretIdBoundCidrs: record.texts("secretIdBoundCidrs"),
    secretIdNumUses: record.number("secretIdNumUses"),
    secretIdTtlSeconds: record.number("secretIdTtlSeconds"),
    localSecretIds: record.boolean("localSecretIds"),
    token: decodeTokenParameters(record),
  };
}

/** Writes the role and the index from its role id in one commit. @throws invalid_request when the role id is another role's */
export async function writeRole(context: MountContext, before: LoadedRole | undefined, role: Role): Promise<void> {
  const key = role.name;
  const salt = await roleIdSalt(context);
  const indexKey = roleIdKey(salt, role.roleId);
  const owner = await context.storage.get(indexKey);
  if (owner !== undefined && owner.value.toString("utf8") !== key) {
    throw new ServerError("invalid_request", "role_id is in use by another role");
  }
  const { token, secretIdKey, ...plain } = role;
  const value = encodeRecord({ ...token, ...plain, secretIdKey: secretIdKey.toString("base64") });
  const operations = [context.storage.put(`role/${key}`, value, { ifRevision: before?.revision ?? 0 })];
  if (before === undefined) operations.push(context.storage.put(nameKey(key), Buffer.from(key), { ifRevision: 0 }));
  if (owner === undefined) operations.push(context.storage.put(indexKey, Buffer.from(key), { ifRevision: 0 }));
  if (before !== undefined && before.roleId !== role.roleId) {
    operations.push(context.storage.delete(roleIdKey(salt, before.roleId)));
  }
  await context.storage.commit(operations);
}

/** Removes the role and its role id; its secret ids are worthless from then on. */
export async function removeRole(context: MountContext, role: LoadedRole): Promise<void> {
  const salt = await roleIdSalt(context);
  await context.storage.commit([
    context.storage.delete(`role/${role.key}`),
    context.storage.delete(nameKey(role.key)),
    context.storage.delete(roleIdKey(salt, role.roleId)),
  ]);
}

/** The role of a role id, for logins. */
export async function roleOfRoleId(context: MountContext, roleId: string): Promise<LoadedRole | undefined> {
  const salt = await context.storage.get(SALT_KEY);
  if (salt === undefined) return undefined;
  const key = await context.storage.get(roleIdKey(salt.value, roleId));
  return key === undefined ? undefined : readRoleByKey(context, key.value.toString("utf8"));
}

function roleIdKey(salt: Buffer, roleId: string): string {
  return `role-id/${hmacSha256(salt, roleId).toString("hex")}`;
}

/** Made by the first role that is written, so always where shared data may be written. */
async function roleIdSalt(context: MountContext): Promise<Buffer> {
  for (;;) {
    const stored = await context.storage.get(SALT_KEY);
    if (stored !== undefined) return stored.value;
    try {
      await context.storage.commit([context.storage.put(SALT_KEY, context.random.bytes(32), { ifRevision: 0 })]);
    } catch (error) {
      if (!isServerError(error, "write_conflict")) throw error;
    }
  }
}
