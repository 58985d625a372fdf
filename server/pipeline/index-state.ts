import type { EpochIndex } from "../sdk/replication";

/** What X-Vault-Index says of a cluster's state: what a later request wants to find. */
export interface IndexState {
  /** Who answered. */
  readonly clusterId: string;
  /** Epoch of the answering cluster's DR set, which it began itself; 0: it was in none. */
  readonly localEpochNumber: number;
  /** The cluster that the DR set's history began with; the answering one where it has none. */
  readonly originId: string;
  /** In the answering cluster's own log. */
  readonly localIndex: number;
  /** In the log of the performance primary; index 0: the request wrote nothing shared through a secondary. */
  readonly replicated: EpochIndex;
}

const CLUSTER_ID = /^[\w-]{1,64}$/;
const NUMBER = /^\d{1,16}$/;

/**
 * Clients take the text apart at its colons, and compare two states only where the second field is the same. That field is
 * the cluster's id alone before it was ever part of a set; after that the epochs stand behind it, so that indexes of the
 * numberings before and after a promotion are never compared.
 */
export function encodeIndexState(state: IndexState): string {
  const { clusterId, localEpochNumber, originId, localIndex, replicated } = state;
  const { number, clusterId: writer } = replicated.epoch;
  const inNoSet = localEpochNumber === 0 && originId === clusterId && number === 0 && writer === clusterId;
  const cluster = inNoSet ? clusterId : [clusterId, localEpochNumber, originId, number, writer].join(".");
  return `v1:${cluster}:${localIndex}:${replicated.index}`;
}

/** Undefined for what `encodeIndexState` does not write. */
export function parseIndexState(text: string): IndexState | undefined {
  const [version, cluster = "", localIndex = "", replicatedIndex = "", ...rest] = text.split(":");
  if (version !== "v1" || rest.length > 0 || !NUMBER.test(localIndex) || !NUMBER.test(replicatedIndex))
    return undefined;
  const names = cluster.split(".");
  const [clusterId = ""] = names;
  const [localEpoch, originId, epoch, writer] = names.length === 1 ? ["0", clusterId, "0", clusterId] : names.slice(1);
  if (names.length !== 1 && names.length !== 5) return undefined;
  if (localEpoch === undefined || originId === undefined || epoch === undefined || writer === undefined)
    return undefined;
  if (![clusterId, originId, writer].every((id) => CLUSTER_ID.test(id))) return undefined;
  if (!NUMBER.test(localEpoch) || !NUMBER.test(epoch)) return undefined;
  return {
    clusterId,
    localEpochNumber: Number(localEpoch),
    originId,
    localIndex: Number(localIndex),
    replicated: { epoch: { number: Number(epoch), clusterId: writer }, index: Number(replicatedIndex) },
  };
}
