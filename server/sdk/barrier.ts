import type { ClusterFacts } from "./cluster";
import type {
  ClusterLog,
  ExportedPair,
  KeyClass,
  Lineage,
  LogEntry,
  LoggedClass,
  ReachedCursor,
  ReplicationMode,
  UpstreamCursor,
} from "./log";
import type { CommitReceipt, View, WriteOperation } from "./view";

/** What a role change puts into the commit of its operations. */
export interface RoleChange {
  /** New history of a mode; its last epoch is stamped on the very entry of this commit. */
  readonly lineages?: Partial<Readonly<Record<ReplicationMode, Lineage>>>;
  /** Sets or (undefined) forgets a cursor. */
  readonly cursors?: Partial<Readonly<Record<ReplicationMode, UpstreamCursor | undefined>>>;
  /** See `AppendRequest`. @throws LogDivergence */
  readonly reached?: ReachedCursor;
  /** For the commits of role changes alone; see `AppendRequest`. */
  readonly passesGate?: boolean;
}

export interface EncryptionKeyStatus {
  /** Random id of the key in use, 16 hex digits. */
  readonly activeKeyId: string;
  /** Number of keys; `term` of the API. */
  readonly term: number;
  readonly installedAtMilliseconds: number;
  /** Encryptions under the active key by this cluster: never less than it made. */
  readonly encryptions: number;
}

/** Encrypted storage of an unsealed cluster. */
export interface Barrier {
  /** `prefix` ends in `/` or is empty (the whole class). */
  view(prefix: string, keyClass: KeyClass): View;
  /** Like `View.commit`, with a change of role in the same commit. */
  commit(operations: readonly WriteOperation[], change?: RoleChange): Promise<CommitReceipt>;
  /** Empty until the mode was enabled for the first time. */
  lineage(mode: ReplicationMode): Lineage;
  /** Makes a new encryption key and uses it from then on. A logged write of class `replicated`. */
  rotate(): Promise<EncryptionKeyStatus>;
  keyStatus(): EncryptionKeyStatus;
  /** The plaintext of a ciphertext of this cluster's log or data, in a buffer of its own. @throws `corrupt` naming the key */
  decrypt(keyClass: KeyClass, key: string, ciphertext: Buffer): Buffer;
  /**
   * Makes what the keys of now have encrypted readable for good, although a keyring without some of them is adopted later:
   * what a cluster whose history forked wrote under a key of its own. Durable when it resolves.
   * @param forSecondaries its DR secondaries keep them too (class `local`): they hold its own data, and adopt the same keyring
   */
  keepKeys(forSecondaries: boolean): Promise<void>;
}

/** How many shares, how many are needed, and the root key sealed under the key that they make. */
export interface ShareSet {
  readonly shares: number;
  readonly threshold: number;
  /** AES-256-GCM of the root key under the shared key. Opening it is the proof that the shares are right. */
  readonly wrappedRootKey: Buffer;
}

/**
 * What a secondary gets to become a member of the set: with it, it can read everything that the primary ships.
 * As secret as the root key. Zero the buffers after use (`wipeBootstrap`).
 */
export interface BootstrapMaterial {
  readonly rootKey: Buffer;
  /** The barrier's ciphertext of `core/keyring`. */
  readonly keyring: Buffer;
  /** The primary's unseal shares (shamir) or recovery shares (static); undefined where it has no recovery shares. */
  readonly shareSet: ShareSet | undefined;
}

/**
 * A new body of data that is built beside the one in use. Survives a restart until it is activated or discarded.
 * Everything imported is verified: a ciphertext that does not open refuses the chunk with `corrupt` and its key.
 */
export interface GenerationBuilder {
  readonly mode: ReplicationMode;
  /** What the last import or replay stored: resume with it. */
  progress(): BuildProgress;
  /** Writes the pairs and where the walk stands, in one commit. */
  importPairs(pairs: readonly ExportedPair[], progress: BuildProgress): Promise<void>;
  /** Imports many chunks, each prepared while the one before is written. Nothing else is called until it is finished or failed. */
  beginImport(): PairImport;
  /** Replays upstream entries over the imported pairs. Deltas are not compared: the end result is. */
  applyEntries(entries: readonly LogEntry[], progress: BuildProgress): Promise<void>;
  /** What was imported and replayed so far of these keys; undefined where there is nothing. @throws `corrupt` */
  readCiphertexts(keyClass: LoggedClass, keys: readonly string[]): Promise<readonly (Buffer | undefined)[]>;
  /** Writes plaintext keys of class `node` that the new generation takes over. Any number, once more after a crash. */
  carry(nodeKeys: ActivateOptions["nodeKeys"]): Promise<void>;
  /** Checksums of what was imported and replayed so far. */
  checksums(): UpstreamCursor["checksums"];
  /**
   * Makes the generation the cluster's own, together with the re-wrapped root key, in one commit. The services are then
   * reopened on it: the core this builder came from is closed, its log refuses everything. A crash leaves the old or the new.
   * @throws LogDivergence when the checksums are not the cursor's
   */
  activate(options: ActivateOptions): Promise<void>;
  /** Forgets the build; its data is removed in the background. */
  discard(): Promise<void>;
}

/** A walk's chunks, in order. After a failure it is of no more use: begin another one from `progress()`. */
export interface PairImport {
  /** Resolves when the next chunk may come; the one before is durable then, this one need not be. */
  add(pairs: readonly ExportedPair[], progress: BuildProgress): Promise<void>;
  /** Resolves when everything is durable. */
  finish(): Promise<void>;
}

export interface BuildProgress {
  /** `next` of the last chunk imported. */
  readonly after: string | undefined;
  readonly importFinished: boolean;
  /** Index of the upstream's log that was replayed last (at first: `readAtIndex` of the first chunk). */
  readonly replayedIndex: number;
  /** Whatever the caller needs to resume (upstream's cluster id, filter version...). At most 64 KiB. */
  readonly note: Buffer;
}

export interface ActivateOptions {
  readonly cursor: UpstreamCursor;
  readonly lineages: Partial<Readonly<Record<ReplicationMode, Lineage>>>;
  /** Plaintext keys of class `node` (role record, peer keys) that the new generation begins with. */
  readonly nodeKeys: readonly { readonly key: string; readonly value: Buffer }[];
}

/** Bootstrap and generations: what replication/role uses to make this cluster a secondary. */
export interface Generations {
  exportBootstrap(): Promise<BootstrapMaterial>;
  /**
   * Takes the place of an unfinished build, in one commit with what the caller writes beside it.
   * @throws invalid_request where the seals cannot be combined (replication facts 4.4)
   */
  begin(
    mode: ReplicationMode,
    bootstrap: BootstrapMaterial,
    alongside?: readonly WriteOperation[],
  ): Promise<GenerationBuilder>;
  /** The unfinished build of before the restart, if there is one. */
  resume(): Promise<GenerationBuilder | undefined>;
}

export interface ClusterIdentity {
  readonly id: string;
  readonly name: string;
}

/** What an unsealed cluster offers to its services; it lives from one unseal to the next seal (or generation). */
export interface UnsealedCore {
  readonly identity: ClusterIdentity;
  readonly barrier: Barrier;
  readonly log: ClusterLog;
  readonly generations: Generations;
}

/** What the composition root knows before anything is unsealed. */
export type StaticClusterFacts = Omit<ClusterFacts, "clusterId" | "clusterName">;

export function wipeBootstrap(material: BootstrapMaterial): void {
  material.rootKey.fill(0);
}
