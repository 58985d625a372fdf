import type { ClusterClient } from "../../client/cluster-client";
import { NO_RETRY } from "../../client/retry";
import type { Caller, MeridianSession } from "../../client/session";
import { waitUntil } from "../../client/wait";
import { withTopology } from "../../operator/operator-document";
import { activateSecondary, enablePrimary, endSecondary, type Link, waitForMode } from "../replication/activation";
import { type Filter, settleFilter } from "../replication/filter";
import { operationTokenByShares } from "../replication/operation-ceremony";
import { isUsable, makeOperationToken, needsRenewal } from "../replication/operation-token";
import { describeState, type Mode, replicationStatus } from "../replication/status";
import { describeStep, type Step } from "./plan-steps";

const PROMOTION_LIMIT_MS = 2 * 60_000;

/** What performing needs beside the steps. */
export interface Performance {
  readonly session: MeridianSession;
  readonly topology: string;
  readonly caller: Caller;
}

/** Performs the steps in order. Each finds out by itself whether it was done before. */
export async function performSteps(performance: Performance, steps: readonly Step[]): Promise<void> {
  const { session, caller, topology } = performance;
  await logInBeforehand(performance, steps);
  for (const [position, step] of steps.entries()) {
    caller.signal.throwIfAborted();
    caller.log.info("step", { topology, number: position + 1, of: steps.length, step: describeStep(step) });
    await perform(performance, step);
    session.rolesChanged();
  }
}

/** A cluster that is about to be promoted or fenced is asked now, while logging in is sure to work. */
async function logInBeforehand({ session, caller, topology }: Performance, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.kind === "drain") {
      const old = await session.cluster(step.cluster, caller);
      if ((await replicationStatus(old))[step.mode].mode !== "primary") continue;
      await old.get("auth/token/lookup-self");
      if (step.mode === "dr") await ensureOperationToken(session, topology, old);
      else await (await session.cluster(step.target, caller)).get("auth/token/lookup-self");
    }
  }
}

async function perform(performance: Performance, step: Step): Promise<void> {
  const { session, caller } = performance;
  const client = await session.cluster(step.cluster, caller);
  switch (step.kind) {
    case "enable-primary":
      return enablePrimary(session, client, step.mode, caller);
    case "drain":
      return drain(performance, client, step.mode, step.target);
    case "give-up":
      return caller.log.warn("given up: what it had not sent is lost", { cluster: step.cluster });
    case "demote":
      return demote(client, step.mode, caller);
    case "promote":
      return promote(performance, client, step.mode, step.force);
    case "join":
    case "re-point":
    case "rejoin":
      return activateSecondary(session, await linkOf(performance, client, step), caller);
    case "filter": {
      const link = await linkOf(performance, client, { ...step, mode: "performance" });
      return settleFilter(link.primary, link.id, step.filter);
    }
    case "remove":
      return endSecondary(session, await linkOf(performance, client, { ...step, filter: null }), caller);
    case "disable-primary": {
      const status = (await replicationStatus(client))[step.mode];
      if (status.mode === "primary") await client.post(`sys/replication/${step.mode}/primary/disable`);
    }
  }
}

async function linkOf(
  { session, caller }: Performance,
  secondary: ClusterClient,
  { mode, primary, filter }: { readonly mode: Mode; readonly primary: string; readonly filter: Filter | null },
): Promise<Link> {
  const above = await session.cluster(primary, caller);
  const status = (await replicationStatus(secondary))[mode];
  const id = status.mode === "secondary" && status.secondaryId !== "" ? status.secondaryId : secondary.name;
  return { mode, primary: above, secondary, id, ...(mode === "performance" && { filter }) };
}

/** Stops the old primary's writes, waits until the target has all of them, and demotes it: nothing acknowledged is lost. */
async function drain({ session, caller }: Performance, old: ClusterClient, mode: Mode, target: string): Promise<void> {
  if ((await replicationStatus(old))[mode].mode !== "primary") return;
  const status = (await replicationStatus(await session.cluster(target, caller)))[mode];
  const id = status.secondaryId || target;
  await old.post(`sys/replication/${mode}/primary/demote`, { target: id });
  await waitForMode(old, mode, "secondary", caller);
}

async function demote(client: ClusterClient, mode: Mode, caller: Caller): Promise<void> {
  if ((await replicationStatus(client))[mode].mode !== "primary") return;
  await client.post(`sys/replication/${mode}/primary/demote`);
  await waitForMode(client, mode, "secondary", caller);
}

async function promote(performance: Performance, client: ClusterClient, mode: Mode, force: boolean): Promise<void> {
  const { session, caller, topology } = performance;
  const address = await session.clusterAddress(client.name);
  const token = mode === "dr" ? await operationToken(performance, client) : undefined;
  const body = {
    ...(address !== undefined && { primary_cluster_addr: address }),
    ...(force && { force }),
    ...(token !== undefined && { dr_operation_token: token }),
  };
  const options = token === undefined ? {} : { token: null, secrets: [token] };
  const wait = { ...caller, what: `cluster "${client.name}" is ${mode} primary`, limitMs: PROMOTION_LIMIT_MS };
  await waitUntil(wait, async () => {
    const status = (await replicationStatus(client, { retry: NO_RETRY }))[mode];
    if (status.mode === "primary") return { done: true };
    await client.post(`sys/replication/${mode}/secondary/promote`, body, { ...options, retry: NO_RETRY });
    return { pending: describeState(status) };
  });
  await session.operator.update((document) =>
    withTopology(document, topology, (entry) => entry && { ...entry, primary: client.name }),
  );
}

/** A DR operation token that will still be valid when its primary is gone; made while it is not. */
export async function ensureOperationToken(
  session: MeridianSession,
  topology: string,
  primary: ClusterClient,
): Promise<void> {
  const kept = (await session.operator.read()).topologies.get(topology)?.drOperationToken;
  if (!needsRenewal(kept, session.nowMs())) return;
  const drOperationToken = await makeOperationToken(primary, session.nowMs());
  await session.operator.update((document) =>
    withTopology(document, topology, (entry) => entry && { ...entry, drOperationToken }),
  );
}

/** The one made in advance; by the operator file's shares where there is none that counts. */
async function operationToken({ session, topology, caller }: Performance, secondary: ClusterClient): Promise<string> {
  const kept = (await session.operator.read()).topologies.get(topology)?.drOperationToken;
  if (isUsable(kept, session.nowMs())) return kept.token;
  return operationTokenByShares(session, secondary, caller);
}
