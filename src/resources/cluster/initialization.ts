import type { ClusterClient } from "../../client/cluster-client";
import { ApiError, ConfigurationError } from "../../client/errors";
import { textAt, textsAt } from "../../client/json";
import type { Caller, MeridianSession } from "../../client/session";
import { type SealState, sealState } from "../../client/unseal";
import { waitUntil } from "../../client/wait";
import {
  type ClusterEntry,
  type KeyShares,
  type OperatorDocument,
  withCluster,
} from "../../operator/operator-document";
import { initializationProof, makeRecipient, openForRecipient, recipientFingerprint } from "../../operator/recipient";

const ANSWER_LIMIT_MS = 30_000;

export interface ShareNumbers {
  readonly shares: number;
  readonly threshold: number;
}

/**
 * Sees to it that the cluster is initialised and that the operator file holds its keys. The key pair to which the server
 * encrypts its answer is on disk before the request, and the server repeats the answer until it is confirmed: whenever this
 * is killed, the next run goes on with nothing lost.
 *
 * @returns the fingerprint of that key pair; null if the cluster had been initialised long before.
 */
export async function ensureInitialized(
  session: MeridianSession,
  cluster: ClusterClient,
  numbers: ShareNumbers,
  caller: Caller,
): Promise<string | null> {
  const state = await answeringState(cluster, caller);
  const entry = await preparedEntry(session, cluster, state);
  if (entry.recipient === undefined) return null;
  if (entry.keys === undefined) await requestKeys(session, cluster, state, entry.recipient, numbers);
  caller.log.info("initialised", { cluster: cluster.name, shares: numbers.shares, threshold: numbers.threshold });
  await confirm(session, cluster);
  await session.operator.update((document) => withCluster(document, cluster.name, ({ recipient: _, ...rest }) => rest));
  return recipientFingerprint(entry.recipient);
}

async function answeringState(cluster: ClusterClient, caller: Caller): Promise<SealState> {
  const wait = { ...caller, what: `cluster "${cluster.name}" answers at ${cluster.address}`, limitMs: ANSWER_LIMIT_MS };
  return waitUntil(wait, async () => ({ done: await sealState(cluster) }));
}

/** The operator file's entry, with a key pair in it if the cluster is to be initialised, or was and the answer is not here. */
async function preparedEntry(
  session: MeridianSession,
  cluster: ClusterClient,
  state: SealState,
): Promise<ClusterEntry> {
  const { name } = cluster;
  const now = new Date(session.nowMs());
  const recipient = makeRecipient();
  const document = await session.operator.update((before) => {
    const entry = before.clusters.get(name) ?? {};
    const hasAccess = entry.keys !== undefined || entry.administrator !== undefined;
    if (state.initialized) return hasAccess || entry.recipient ? before : fromArchive(before, name);
    // A server without data under a name that has keys: the data was removed. The keys are kept, aside.
    const base = hasAccess ? keysAside(before, name, now) : before;
    return entry.recipient && !hasAccess ? base : withCluster(base, name, (kept) => ({ ...kept, recipient }));
  });
  const entry = document.clusters.get(name) ?? {};
  if (entry.recipient || entry.keys || entry.administrator) return entry;
  const detail =
    `The server at ${cluster.address} was initialised by somebody else: the operator file ${session.operator.path} has ` +
    `neither keys nor an administrator for "${name}". Import it with credentials in the provider's block, or give a server without data.`;
  throw new ConfigurationError(`Cluster "${name}" is initialised already`, detail);
}

/** The keys that an earlier destroy put aside, for a cluster whose data stayed. */
function fromArchive(document: OperatorDocument, name: string): OperatorDocument {
  const record = document.archive.findLast((one) => one.cluster === name && one.entry.keys !== undefined);
  if (record === undefined) return document;
  return withCluster(document, name, (entry) => ({ ...record.entry, ...entry }));
}

function keysAside(document: OperatorDocument, name: string, now: Date): OperatorDocument {
  const entry = document.clusters.get(name);
  if (entry === undefined) return document;
  const { keys: _, administrator: __, rootToken: ___, keysOf: ____, ...place } = entry;
  const record = { cluster: name, archivedAt: now.toISOString(), reason: "the server has no data any more", entry };
  return { ...withCluster(document, name, () => place), archive: [...document.archive, record] };
}

async function requestKeys(
  session: MeridianSession,
  cluster: ClusterClient,
  state: SealState,
  recipient: NonNullable<ClusterEntry["recipient"]>,
  { shares, threshold }: ShareNumbers,
): Promise<void> {
  const isAutomatic = state.type !== "shamir";
  const numbers = isAutomatic
    ? { recovery_shares: shares, recovery_threshold: threshold }
    : { secret_shares: shares, secret_threshold: threshold };
  const answer = await cluster.post("sys/init", { ...numbers, recipient: recipient.publicKey }, { token: null });
  const sealed = textAt(answer.body, "encrypted_answer");
  const opened: unknown = sealed === undefined ? answer.body : openAnswer(cluster, recipient, sealed);
  const keys: KeyShares = {
    kind: isAutomatic ? "recovery" : "unseal",
    shares: textsAt(opened, isAutomatic ? "recovery_keys_base64" : "keys_base64"),
    threshold,
  };
  const rootToken = textAt(opened, "root_token");
  await session.operator.update((document) =>
    withCluster(document, cluster.name, (entry) => ({ ...entry, keys, ...(rootToken && { rootToken }) })),
  );
}

function openAnswer(
  cluster: ClusterClient,
  recipient: NonNullable<ClusterEntry["recipient"]>,
  sealed: string,
): unknown {
  try {
    return JSON.parse(openForRecipient(recipient, Buffer.from(sealed, "base64")).toString("utf8"));
  } catch {
    const detail = `Its answer was not made for the key pair in the operator file. Was it initialised for somebody else in between?`;
    throw new ConfigurationError(`The answer of cluster "${cluster.name}" cannot be opened`, detail);
  }
}

/** The server forgets the encrypted answer. One that has none, or never kept one, is fine. */
async function confirm(session: MeridianSession, cluster: ClusterClient): Promise<void> {
  const rootToken = (await session.operator.read()).clusters.get(cluster.name)?.rootToken;
  if (rootToken === undefined) return;
  const proof = initializationProof(rootToken);
  try {
    await cluster.post("sys/init/confirm", { proof }, { token: null, accept: [404, 405] });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 400) throw error;
  }
}
