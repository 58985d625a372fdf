import type { ClusterClient } from "../../client/cluster-client";
import { ApiError, ConfigurationError, isUnavailable, WaitError } from "../../client/errors";
import { textAt } from "../../client/json";
import type { Caller, MeridianSession } from "../../client/session";
import { ensureUnsealed } from "../../client/unseal";
import { type Probe, waitUntil } from "../../client/wait";
import { adoptKeys, expectKeysOf } from "../../operator/key-succession";
import { withCluster } from "../../operator/operator-document";
import { type Filter, settleFilter } from "./filter";
import { operationTokenByShares } from "./operation-ceremony";
import { isUsable, makeOperationToken, needsRenewal } from "./operation-token";
import { describeState, isStreaming, type Mode, replicationStatus, replicationStatusNow } from "./status";

const TOKEN_TTL = "10m";
const STREAMING_LIMIT_MS = 15 * 60_000;
const RECONNECT_LIMIT_MS = 2500;
const PRIMARY_LIMIT_MS = 60_000;

/** One secondary and the primary that it is to follow. */
export interface Link {
  readonly mode: Mode;
  readonly primary: ClusterClient;
  readonly secondary: ClusterClient;
  /** Under which the primary knows the secondary. */
  readonly id: string;
  /** Performance only: undefined leaves the filter as it is, null removes it. */
  readonly filter?: Filter | null | undefined;
}

/** Makes the cluster a primary; nothing to do if it is one. */
export async function enablePrimary(
  session: MeridianSession,
  cluster: ClusterClient,
  mode: Mode,
  caller: Caller,
  address?: string,
): Promise<void> {
  const status = (await replicationStatus(cluster))[mode];
  if (status.mode === "secondary")
    throw notA("primary", cluster, mode, "a secondary. Promote it, or move the primary by a meridian_topology");
  const clusterAddress = address ?? (await session.clusterAddress(cluster.name));
  if (status.mode !== "primary") {
    const body = clusterAddress === undefined ? {} : { primary_cluster_addr: clusterAddress };
    await cluster.post(`sys/replication/${mode}/primary/enable`, body);
    caller.log.info("enabled as primary", { cluster: cluster.name, mode });
  }
  await waitForMode(cluster, mode, "primary", caller);
}

export async function waitForMode(cluster: ClusterClient, mode: Mode, role: string, caller: Caller): Promise<void> {
  const wait = { ...caller, what: `cluster "${cluster.name}" is ${mode} ${role}`, limitMs: PRIMARY_LIMIT_MS };
  await waitUntil(wait, async () => {
    const status = (await replicationStatusNow(cluster))[mode];
    return status.mode === role ? { done: true } : { pending: describeState(status) };
  });
}

/** Makes the cluster a secondary, or goes on waiting for one that was being made. All its own data is replaced. */
export async function activateSecondary(session: MeridianSession, link: Link, caller: Caller): Promise<void> {
  const { mode, secondary, primary } = link;
  const status = (await replicationStatus(secondary))[mode];
  if (status.mode === "primary")
    throw notA("secondary", secondary, mode, "a primary now. It is neither disabled nor wiped; demote it first");
  await session.operator.read();
  if (status.mode === "disabled") await enable(session, link, caller);
  else if (!(await isKnownTo(link))) await rePoint(session, link, caller);
  else {
    await settleFilter(primary, link.id, link.filter);
    await reconnect(session, link, caller);
  }
  await waitUntilStreaming(session, link, caller);
}

/**
 * A member that the primary knows usually finds it by itself: it has learned the addresses of whoever may take the place
 * of its primary. One that has not, because the old one died too early, is told; what else does not help gets a new token.
 */
async function reconnect(session: MeridianSession, link: Link, caller: Caller): Promise<void> {
  if (await streamsWithin(RECONNECT_LIMIT_MS, link, caller)) return;
  const address = await session.clusterAddress(link.primary.name);
  if (link.mode === "dr" || address === undefined) return rePoint(session, link, caller);
  const body = { update_primary_addrs: [address] };
  await link.secondary.post(`sys/replication/${link.mode}/secondary/update-primary`, body);
  caller.log.info("told the primary's address", { cluster: link.secondary.name, mode: link.mode, address });
  // A primary that was a performance secondary before has an authority of its own, for which this member needs a new token.
  if (!(await streamsWithin(RECONNECT_LIMIT_MS, link, caller))) await rePoint(session, link, caller);
}

async function streamsWithin(limitMs: number, link: Link, caller: Caller): Promise<boolean> {
  const what = `cluster "${link.secondary.name}" finds "${link.primary.name}" by itself`;
  try {
    await waitUntil({ ...caller, what, limitMs }, () => streaming(link));
    return true;
  } catch (error) {
    if (error instanceof WaitError) return false;
    throw error;
  }
}

async function enable(session: MeridianSession, link: Link, caller: Caller): Promise<void> {
  const { mode, secondary, primary } = link;
  await expect(session, secondary.name, primary.name);
  const token = await activationToken(link);
  await settleFilter(primary, link.id, link.filter);
  const body = { token, primary_api_addr: primary.address, ca_cert: primary.endpoint.caCertPem ?? "" };
  await secondary.post(`sys/replication/${mode}/secondary/enable`, body, { secrets: [token] });
  caller.log.info("enabled as secondary", { cluster: secondary.name, mode, primary: primary.name });
}

/** Lets an existing secondary follow another primary of its set. Nothing is wiped. */
export async function rePoint(session: MeridianSession, link: Link, caller: Caller): Promise<void> {
  const { mode, secondary, primary } = link;
  await expect(session, secondary.name, primary.name);
  const operation = mode === "dr" ? await makeOperationToken(primary, session.nowMs()) : undefined;
  const token = await activationToken(link);
  await settleFilter(primary, link.id, link.filter);
  const body = {
    token,
    primary_api_addr: primary.address,
    ca_cert: primary.endpoint.caCertPem ?? "",
    ...(operation && { dr_operation_token: operation.token }),
  };
  const secrets = [token, ...(operation ? [operation.token] : [])];
  const options = operation ? { secrets, token: null } : { secrets };
  await secondary.post(`sys/replication/${mode}/secondary/update-primary`, body, options);
  caller.log.info("re-pointed", { cluster: secondary.name, mode, primary: primary.name });
}

/** Whether the primary has let this very secondary in and both are of one set. */
export async function isKnownTo({ mode, primary, secondary, id }: Link): Promise<boolean> {
  const [above, below] = await Promise.all([replicationStatus(primary), replicationStatus(secondary)]);
  const sameSet = above[mode].setId !== "" && above[mode].setId === below[mode].setId;
  return (
    sameSet &&
    below[mode].secondaryId === id &&
    above[mode].knownSecondaries.includes(id) &&
    below[mode].primaryClusterAddress !== ""
  );
}

async function streaming({ mode, primary, secondary, id }: Link): Promise<Probe<true>> {
  const [below, above] = [(await replicationStatusNow(secondary))[mode], (await replicationStatusNow(primary))[mode]];
  const connected = above.connectedSecondaries.includes(id);
  if (isStreaming(below) && connected && below.setId === above.setId) return { done: true };
  return {
    pending: `${describeState(below)}; ${connected ? "connected" : `not yet connected as "${id}"`} at the primary`,
  };
}

/** Until the secondary has everything and follows. Unseals it if the change of keys sealed it. */
export async function waitUntilStreaming(session: MeridianSession, link: Link, caller: Caller): Promise<void> {
  const { mode, secondary, primary } = link;
  const what = `cluster "${secondary.name}" streams from "${primary.name}" (${mode})`;
  await waitUntil({ ...caller, what, limitMs: STREAMING_LIMIT_MS }, async () => {
    await ensureUnsealed(session, secondary, caller);
    return streaming(link);
  });
  const now = new Date(session.nowMs());
  if (needsRecord(await session.operator.read(), secondary.name)) {
    await session.operator.update((document) => adoptKeys(document, secondary.name, primary.name, now));
  }
}

function needsRecord(document: Awaited<ReturnType<MeridianSession["operator"]["read"]>>, cluster: string): boolean {
  return document.clusters.get(cluster)?.keysOf !== undefined;
}

async function expect(session: MeridianSession, secondary: string, primary: string): Promise<void> {
  const document = await session.operator.read();
  if (expectKeysOf(document, secondary, primary) === document) return;
  await session.operator.update((current) => expectKeysOf(current, secondary, primary));
}

/** A single-use token; an id that is taken by an earlier activation is revoked first. It is never stored. */
async function activationToken({ mode, primary, id }: Link): Promise<string> {
  const path = `sys/replication/${mode}/primary/secondary-token`;
  const request = async () => {
    const answer = await primary.post(path, { id, ttl: TOKEN_TTL });
    return textAt(answer.body, "wrap_info", "token") ?? textAt(answer.body, "data", "token");
  };
  const token = await request().catch(async (error: unknown) => {
    if (!(error instanceof ApiError) || error.status !== 400) throw error;
    const known = (await replicationStatus(primary))[mode].knownSecondaries.includes(id);
    if (!known) throw error;
    await primary.post(`sys/replication/${mode}/primary/revoke-secondary`, { id });
    return request();
  });
  if (token !== undefined) return token;
  throw new ConfigurationError(
    "No activation token",
    `Cluster "${primary.name}" at ${primary.address} answered ${path} without a token.`,
  );
}

/** Ends a secondary's membership: it leaves the set, and the primary forgets it. Its data stays. */
export async function endSecondary(session: MeridianSession, link: Link, caller: Caller): Promise<void> {
  const { mode, secondary, primary, id } = link;
  const status = (await replicationStatus(secondary))[mode];
  if (status.mode === "secondary" || status.mode === "bootstrapping") {
    const token = mode === "dr" ? await operationToken(session, link, caller) : undefined;
    const body = token === undefined ? {} : { dr_operation_token: token };
    const options = token === undefined ? {} : { secrets: [token], token: null };
    await secondary.post(`sys/replication/${mode}/secondary/disable`, body, options);
    caller.log.info("disabled as secondary", { cluster: secondary.name, mode });
  }
  await revokeSecondary(primary, mode, id);
}

/** Keeps an operation token for the day on which the DR secondary is to leave and its primary is gone. */
export async function keepOperationToken(session: MeridianSession, { primary, secondary }: Link): Promise<void> {
  const entry = (await session.operator.read()).clusters.get(secondary.name);
  if (entry === undefined || !needsRenewal(entry.drOperationToken, session.nowMs())) return;
  const drOperationToken = await makeOperationToken(primary, session.nowMs());
  await session.operator.update((document) =>
    withCluster(document, secondary.name, (before) => ({ ...before, drOperationToken })),
  );
}

/** Of the primary; where that is away the one kept in advance; last by the operator file's shares. */
async function operationToken(session: MeridianSession, { primary, secondary }: Link, caller: Caller): Promise<string> {
  try {
    return (await makeOperationToken(primary, session.nowMs())).token;
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    const kept = (await session.operator.read()).clusters.get(secondary.name)?.drOperationToken;
    return isUsable(kept, session.nowMs()) ? kept.token : operationTokenByShares(session, secondary, caller);
  }
}

export async function revokeSecondary(primary: ClusterClient, mode: Mode, id: string): Promise<void> {
  const status = (await replicationStatus(primary))[mode];
  if (status.mode !== "primary" || !status.knownSecondaries.includes(id)) return;
  await primary.post(`sys/replication/${mode}/primary/revoke-secondary`, { id }, { accept: [404] });
}

function notA(wanted: string, cluster: ClusterClient, mode: Mode, is: string): ConfigurationError {
  const summary = `Cluster "${cluster.name}" cannot become a ${mode} ${wanted}`;
  return new ConfigurationError(summary, `At ${cluster.address} it is ${is}.`);
}
