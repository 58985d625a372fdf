import { ServerError } from "../../../sdk/errors";
import type { MountContext } from "../../../sdk/mount";
import type { Call } from "../../../sdk/path";
import type { View } from "../../../sdk/view";

const KEYS_PER_COMMIT_MAX = 1_000;

/** The caller's part of the cubbyhole. @throws permission_denied, or invalid_request for tokens that have none */
export function tokenView({ context, request }: Call<MountContext, unknown>): View {
  if (request.token === undefined) throw new ServerError("permission_denied");
  if (request.token.idHash === "") {
    throw new ServerError("invalid_request", "cubbyhole operations are only supported by service tokens");
  }
  return context.localStorage.narrow(`${request.token.idHash}/`);
}

/**
 * Removes everything a token kept; to be called when it is revoked or has expired. Safe to repeat.
 * @param view the cubbyhole mount's local view
 */
export async function wipeCubbyhole(view: View, idHash: string): Promise<void> {
  if (idHash === "") return;
  const own = view.narrow(`${idHash}/`);
  for (;;) {
    const keys = await own.listAll("", { limit: KEYS_PER_COMMIT_MAX });
    if (keys.length === 0) return;
    await own.commit(keys.map((key) => own.delete(key)));
  }
}
