import { asciiLowerCase } from "../../../sdk/ascii";
import { ServerError } from "../../../sdk/errors";
import type { MountContext } from "../../../sdk/mount";
import { encodeRecord, StoredRecord } from "../../../sdk/stored-record";
import { decodeTokenParameters, type TokenParameters } from "../../../sdk/token-fields";
import type { PasswordHash } from "./password";

/** One user, stored under `user/<name>`. */
export interface User {
  readonly password: PasswordHash;
  readonly token: TokenParameters;
}

export interface LoadedUser extends User {
  readonly revision: number;
}

const NAME = /^[a-z0-9_][a-z0-9_.@+-]{0,127}$/;

/** The one form of a name at login; undefined where no user can have it. */
export function loginName(name: string): string | undefined {
  const lower = asciiLowerCase(name);
  return NAME.test(lower) ? lower : undefined;
}

/**
 * The name in a path that policies guard. Another spelling is refused and not folded: a policy that denies `users/admin` would
 * not see `users/ADMIN`.
 */
export function pathName(name: string): string {
  if (!NAME.test(name)) {
    throw new ServerError(
      "invalid_request",
      "a user name is 1 to 128 lower-case letters, digits and the characters _ . @ + -; capital letters are folded at login",
    );
  }
  return name;
}

export async function readUser(context: MountContext, name: string): Promise<LoadedUser | undefined> {
  const stored = await context.storage.get(`user/${name}`);
  if (stored === undefined) return undefined;
  const record = StoredRecord.parse(stored.value, "userpass user");
  const password = {
    salt: Buffer.from(record.text("salt"), "base64"),
    hash: Buffer.from(record.text("hash"), "base64"),
  };
  return { password, token: decodeTokenParameters(record), revision: stored.revision };
}

/** @param revision the one that was read, 0 for a new user: two changes at once do not undo each other */
export async function writeUser(context: MountContext, name: string, user: User, revision: number): Promise<void> {
  const { salt, hash } = user.password;
  const value = encodeRecord({ ...user.token, salt: salt.toString("base64"), hash: hash.toString("base64") });
  await context.storage.commit([context.storage.put(`user/${name}`, value, { ifRevision: revision })]);
}

export async function deleteUser(context: MountContext, name: string): Promise<void> {
  if ((await context.storage.get(`user/${name}`)) === undefined) return;
  await context.storage.commit([context.storage.delete(`user/${name}`)]);
}
