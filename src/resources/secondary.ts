import { ApiError, isUnavailable, UnreachableError } from "../client/errors";
import type { Caller, MeridianSession } from "../client/session";
import { type Diagnostic, warningDiagnostic } from "../framework/diagnostics";
import { isKnown, type Unknown } from "../protocol/unknown";
import { formatImportId } from "./import-id";
import { refuseIfProtected } from "./protection";
import {
  activateSecondary,
  endSecondary,
  isKnownTo,
  keepOperationToken,
  type Link,
  revokeSecondary,
} from "./replication/activation";
import { type Filter, filterState, readFilter } from "./replication/filter";
import { isStreaming, type Mode, replicationStatus } from "./replication/status";

/** What the performance and the DR secondary resources have in common. */
export interface SecondaryWish {
  readonly cluster: string | null;
  readonly primary: string;
  readonly secondary_id: string | Unknown | null;
  readonly paths_filter?: Filter | null;
}

export interface SecondaryFacts {
  readonly secondary_id: string;
  readonly mode: string;
  readonly connected: boolean;
  readonly set_id: string | null;
}

async function linkOf(session: MeridianSession, mode: Mode, wish: SecondaryWish, caller: Caller): Promise<Link> {
  const [secondary, primary] = [
    await session.cluster(wish.cluster, caller),
    await session.cluster(wish.primary, caller),
  ];
  const id = isKnown(wish.secondary_id) ? wish.secondary_id : secondary.name;
  return { mode, secondary, primary, id, ...(mode === "performance" && { filter: wish.paths_filter ?? null }) };
}

export async function joinSet(
  session: MeridianSession,
  mode: Mode,
  wish: SecondaryWish,
  caller: Caller,
): Promise<SecondaryFacts & { readonly id: string }> {
  const link = await linkOf(session, mode, wish, caller);
  await activateSecondary(session, link, caller);
  if (mode === "dr") await keepOperationToken(session, link);
  const status = (await replicationStatus(link.secondary))[mode];
  const id = formatImportId(wish.cluster, link.primary.name);
  return { id, secondary_id: link.id, mode: "secondary", connected: true, set_id: status.setId };
}

/** Null: the cluster is not in a set in this mode any more. */
export async function observe(session: MeridianSession, mode: Mode, wish: SecondaryWish, caller: Caller) {
  const secondary = await session.cluster(wish.cluster, caller);
  const status = (await replicationStatus(secondary))[mode];
  if (status.mode === "disabled") return null;
  const id = isKnown(wish.secondary_id) ? wish.secondary_id : status.secondaryId;
  const facts = { secondary_id: id, mode: status.mode, set_id: status.setId || null };
  return {
    ...facts,
    ...(await seenFromPrimary(session, mode, { ...wish, secondary_id: id }, isStreaming(status), caller)),
  };
}

/** While the primary is away or fenced nothing can be said about the link; the secondary's own role is shown all the same. */
async function seenFromPrimary(
  session: MeridianSession,
  mode: Mode,
  wish: SecondaryWish,
  streaming: boolean,
  caller: Caller,
) {
  const prior = wish.paths_filter ?? null;
  try {
    const link = await linkOf(session, mode, wish, caller);
    const filter = mode === "performance" ? filterState(await readFilter(link.primary, link.id), prior) : null;
    return { connected: streaming || (await isKnownTo(link)), filter };
  } catch (error) {
    if (!(error instanceof Error) || !isUnavailable(error)) throw error;
    return { connected: true, filter: prior };
  }
}

/** A secondary whose primary is away leaves all the same; the primary then still lists it. */
export async function leaveSet(
  session: MeridianSession,
  mode: Mode,
  state: SecondaryWish & { readonly mode: string },
  caller: Caller,
): Promise<readonly Diagnostic[]> {
  const link = await linkOf(session, mode, state, caller);
  try {
    const status = (await replicationStatus(link.secondary))[mode];
    if (status.mode === "primary") await revokeSecondary(link.primary, mode, link.id);
    else await endSecondary(session, link, caller);
    return [];
  } catch (error) {
    const isAway = (error instanceof UnreachableError || error instanceof ApiError) && isUnavailable(error);
    if (!isAway || error.cluster !== link.primary.name) throw error;
    if ((await replicationStatus(link.secondary))[mode].mode === "secondary") throw error;
    const detail =
      `${error.message}. When it is back, revoke "${link.id}" there: ` +
      `meridian write sys/replication/${mode}/primary/revoke-secondary id=${link.id}`;
    return [warningDiagnostic(`"${link.id}" was not revoked`, detail)];
  }
}

export function refuseLeaving(state: { readonly deletion_protection: boolean; readonly cluster: string | null }) {
  const what = `Secondary "${state.cluster ?? "(the only cluster)"}"`;
  return refuseIfProtected(
    state.deletion_protection,
    what,
    "take it out of its set, and joining again replaces its data",
  );
}

/**
 * A role that somebody changed by hand is never taken back by force: the plan warns, the apply refuses. (An error in the
 * plan would stand in the way of a destroy, which only revokes.)
 */
export function refusePromoted(mode: string, cluster: string | null, severity: Diagnostic["severity"] = "error") {
  if (mode !== "primary") return undefined;
  const detail =
    `"${cluster ?? "(the only cluster)"}" has been promoted to primary since Terraform made it a secondary, and may hold ` +
    "writes that no other cluster has. It is neither disabled nor wiped. Demote it, or remove this resource from the " +
    "state (terraform state rm) and describe what is there now.";
  const diagnostics: readonly Diagnostic[] = [{ severity, summary: "The secondary has been promoted", detail }];
  return { diagnostics };
}
