import { isServerError, ServerError } from "../../../sdk/errors";
import type { JsonObject } from "../../../sdk/json";
import type { View } from "../../../sdk/view";
import { type ApproleContext, ownsShared } from "./context";
import { type LoadedRole, readRoleByKey } from "./role";
import {
  changeOf,
  creationOf,
  decodeSecretId,
  encodeSecretId,
  isExpired,
  type LoadedSecretId,
  readSecretId,
  removalOf,
  type SecretId,
  secretIdView,
  textOf,
} from "./secret-id";

const ATTEMPTS_MAX = 8;
/** How long a change made at the primary is waited for, and how often it is looked for. */
const VISIBLE_WITHIN_MILLISECONDS = 2_000;
const LOOK_EVERY_MILLISECONDS = 5;

/** Makes a secret id: here where it belongs to this cluster, at the primary where it is shared. */
export async function storeSecretId(
  context: ApproleContext,
  role: LoadedRole,
  hash: string,
  secretId: SecretId,
): Promise<readonly string[]> {
  if (role.localSecretIds) {
    await createHere(context.localStorage, role.key, hash, secretId);
    return [];
  }
  const payload: JsonObject = new Map([
    ["role", role.key],
    ["hash", hash],
    ["secret_id", encodeSecretId(secretId).toString("utf8")],
  ]);
  await context.callPrimary("store-secret-id", payload);
  return untilSeen(context, role, hash, true);
}

/** Removes a secret id; one that is not there is no error. */
export async function destroySecretId(
  context: ApproleContext,
  role: LoadedRole,
  hash: string,
): Promise<readonly string[]> {
  if (role.localSecretIds) {
    await removeHere(context.localStorage, role.key, hash);
    return [];
  }
  await context.callPrimary(
    "destroy-secret-id",
    new Map([
      ["role", role.key],
      ["hash", hash],
    ]),
  );
  return untilSeen(context, role, hash, false);
}

/** Takes one use, once for the whole set. @returns false when none is left */
export async function consumeSecretId(context: ApproleContext, role: LoadedRole, hash: string): Promise<boolean> {
  if (role.localSecretIds) return consumeHere(context, context.localStorage, role.key, hash);
  const answer = await context.callPrimary(
    "consume-secret-id",
    new Map([
      ["role", role.key],
      ["hash", hash],
    ]),
  );
  return answer.get("taken") === true;
}

/** What secondaries ask the primary to do. The caller is a member of the set; what it says is checked like a request. */
export const primaryCalls = {
  "store-secret-id": async (context: ApproleContext, payload: JsonObject): Promise<JsonObject> => {
    const role = await sharedRole(context, payload);
    const secretId = decodeSecretId(Buffer.from(textOf(payload, "secret_id"), "utf8"));
    await createHere(context.storage, role.key, hashIn(payload), secretId);
    return new Map();
  },
  "destroy-secret-id": async (context: ApproleContext, payload: JsonObject): Promise<JsonObject> => {
    const role = await sharedRole(context, payload);
    await removeHere(context.storage, role.key, hashIn(payload));
    return new Map();
  },
  "consume-secret-id": async (context: ApproleContext, payload: JsonObject): Promise<JsonObject> => {
    const role = await sharedRole(context, payload);
    return new Map([["taken", await consumeHere(context, context.storage, role.key, hashIn(payload))]]);
  },
};

async function sharedRole(context: ApproleContext, payload: JsonObject): Promise<LoadedRole> {
  const role = await readRoleByKey(context, textOf(payload, "role"));
  if (role === undefined || role.localSecretIds) throw new ServerError("invalid_request", "role does not exist");
  return role;
}

function hashIn(payload: JsonObject): string {
  const hash = textOf(payload, "hash");
  if (!/^[0-9a-f]{64}$/.test(hash))
    throw new ServerError("invalid_request", "a hash of 64 hexadecimal digits is expected");
  return hash;
}

async function createHere(view: View, roleKey: string, hash: string, secretId: SecretId): Promise<void> {
  try {
    await view.commit(creationOf(view, roleKey, hash, secretId));
  } catch (error) {
    if (!isServerError(error, "write_conflict")) throw error;
    throw new ServerError("invalid_request", "this secret_id is in use already");
  }
}

async function removeHere(view: View, roleKey: string, hash: string): Promise<void> {
  const found = await readSecretId(view, roleKey, hash);
  if (found !== undefined) await view.commit(removalOf(view, roleKey, found));
}

/** The count is durable before anybody is let in; the last use removes the secret id. */
function consumeHere(context: ApproleContext, view: View, roleKey: string, hash: string): Promise<boolean> {
  return context.lock.run(`${roleKey}/${hash}`, async () => {
    for (let attempt = 1; ; attempt++) {
      const found = await readSecretId(view, roleKey, hash);
      const now = context.clock.nowMilliseconds();
      if (found === undefined || isExpired(found, now)) return false;
      if (found.numUses === 0) return true;
      try {
        await view.commit(useOf(view, roleKey, found, now));
        return true;
      } catch (error) {
        if (!isServerError(error, "write_conflict") || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  });
}

function useOf(view: View, roleKey: string, found: LoadedSecretId, now: number): ReturnType<typeof removalOf> {
  if (found.usesLeft <= 1) return removalOf(view, roleKey, found);
  const after = { ...found, usesLeft: found.usesLeft - 1, lastUpdatedMilliseconds: now };
  return [changeOf(view, roleKey, found, after)];
}

/** Read your writes: waits until this cluster has applied what the primary did. @returns a warning when that takes long */
async function untilSeen(
  context: ApproleContext,
  role: LoadedRole,
  hash: string,
  there: boolean,
): Promise<readonly string[]> {
  const view = secretIdView(context, role);
  const start = context.clock.monotonicMilliseconds();
  while (((await readSecretId(view, role.key, hash)) !== undefined) !== there) {
    if (ownsShared(context)) return [];
    if (context.clock.monotonicMilliseconds() - start >= VISIBLE_WITHIN_MILLISECONDS) {
      return ["the change was made at the primary and has not reached this cluster yet"];
    }
    await context.clock.sleep(LOOK_EVERY_MILLISECONDS);
  }
  return [];
}
