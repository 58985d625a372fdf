import type { View } from "../../../sdk/view";
import { type ApproleContext, ownsShared } from "./context";
import { type LoadedRole, readRoleByKey } from "./role";
import { isExpired, readSecretId, removalOf, secretIdView } from "./secret-id";

const PAGE = 500;

/** Removes what a deleted role left in this cluster. */
export async function removeAllSecretIds(context: ApproleContext, role: LoadedRole): Promise<void> {
  const view = secretIdView(context, role);
  for (const prefix of [`secret-id/${role.key}/`, `accessor/${role.key}/`]) {
    for (;;) {
      const keys = await view.listAll(prefix, { limit: PAGE });
      if (keys.length > 0) await view.commit(keys.map((key) => view.delete(key)));
      if (keys.length < PAGE) break;
    }
  }
}

/** Removes expired secret ids and those whose role is gone. That they no longer work is decided at login. */
export async function tidySecretIds(context: ApproleContext, signal: AbortSignal): Promise<void> {
  if (context.replicationState().dr === "secondary") return;
  await tidyView(context, context.localStorage, signal);
  if (ownsShared(context)) await tidyView(context, context.storage, signal);
}

async function tidyView(context: ApproleContext, view: View, signal: AbortSignal): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const keys = await view.listAll("secret-id/", after === undefined ? { limit: PAGE } : { after, limit: PAGE });
    for (const key of keys) {
      if (signal.aborted) return;
      await tidyKey(context, view, key);
    }
    after = keys.at(-1);
    if (keys.length < PAGE) return;
  }
}

async function tidyKey(context: ApproleContext, view: View, key: string): Promise<void> {
  const [, roleKey = "", hash = ""] = key.split("/");
  const found = await readSecretId(view, roleKey, hash);
  if (found === undefined) return;
  const kept =
    !isExpired(found, context.clock.nowMilliseconds()) && (await readRoleByKey(context, roleKey)) !== undefined;
  if (!kept) await view.commit(removalOf(view, roleKey, found));
}
