import type { Barrier, EncryptionKeyStatus, RoleChange } from "../sdk/barrier";
import type { Clock } from "../sdk/clock";
import { ServerError } from "../sdk/errors";
import { authenticatedPath } from "../sdk/key-layout";
import { currentEpoch } from "../sdk/lineage";
import type { AppendOperation, ClusterLog, Epoch, KeyClass, Lineage, LogEntry, ReplicationMode } from "../sdk/log";
import { SerialTasks } from "../sdk/serial-tasks";
import type { CommitReceipt, View, ViewValue, WriteOperation } from "../sdk/view";
import { BarrierView, type ViewBackend } from "./barrier-view";
import type { CiphertextStore } from "./ciphertext-store";
import { KeyUsage } from "./key-usage";
import { KEPT_KEYRING_KEY, KEYRING_KEY } from "./keyring";
import { decodeLineage, encodeLineage, lineageKey } from "./lineages";
import { PendingWrite } from "./pending-write";
import { ValueCache } from "./value-cache";
import type { ValueCipher } from "./value-cipher";

export interface BarrierOptions {
  readonly cipher: ValueCipher;
  readonly log: ClusterLog;
  readonly ciphertexts: CiphertextStore;
  readonly clock: Clock;
  /** Decrypted values kept in memory. @default 32 MiB */
  readonly cacheBytes?: number;
}

const CACHE_BYTES = 32 * 1024 * 1024;
const MODES: readonly ReplicationMode[] = ["performance", "dr"];

/** Opens the barrier over a log; `close` drops what it decrypted. @throws `corrupt` */
export async function openBarrier(options: BarrierOptions): Promise<EncryptedBarrier> {
  const usage = await KeyUsage.load(options.cipher, options.log, options.ciphertexts);
  const barrier = new EncryptedBarrier(options, usage);
  await barrier.loadLineages();
  return barrier;
}

export class EncryptedBarrier implements Barrier, ViewBackend {
  private readonly cache: ValueCache;
  private readonly unsubscribe: () => void;
  private lineages: Readonly<Record<ReplicationMode, Lineage>> = { performance: [], dr: [] };
  private readonly rotations = new SerialTasks();
  /** What the commits under way put, by its ciphertext: their entries bring that back when they are durable. */
  private readonly plaintexts = new Map<Buffer, Buffer>();

  constructor(
    private readonly options: BarrierOptions,
    private readonly usage: KeyUsage,
  ) {
    this.cache = new ValueCache(options.cacheBytes ?? CACHE_BYTES);
    this.unsubscribe = options.log.subscribe((entries, revision) => this.follow(entries, revision));
  }

  async loadLineages(): Promise<void> {
    for (const mode of MODES) {
      const stored = await this.get("local", lineageKey(mode));
      if (stored !== undefined) this.lineages = { ...this.lineages, [mode]: decodeLineage(stored.value) };
    }
  }

  view(prefix: string, keyClass: KeyClass): View {
    return new BarrierView(this, prefix, keyClass);
  }

  lineage(mode: ReplicationMode): Lineage {
    return this.lineages[mode];
  }

  async get(keyClass: KeyClass, key: string): Promise<ViewValue | undefined> {
    const { cipher, ciphertexts } = this.options;
    if (cipher.isSealed) throw new ServerError("sealed");
    return this.cache.get(authenticatedPath(keyClass, key), async () => {
      const stored = await ciphertexts.read(keyClass, key);
      if (stored === undefined) return undefined;
      return { value: cipher.decrypt(keyClass, key, stored.value), revision: stored.revision };
    });
  }

  peek(keyClass: KeyClass, key: string): ViewValue | undefined {
    return this.cache.peek(authenticatedPath(keyClass, key))?.value;
  }

  async list(keyClass: KeyClass, prefix: string, after: string | undefined, limit: number): Promise<readonly string[]> {
    if (this.options.cipher.isSealed) throw new ServerError("sealed");
    return this.options.ciphertexts.list(keyClass, prefix, after, limit);
  }

  async commit(operations: readonly WriteOperation[], change: RoleChange = {}): Promise<CommitReceipt> {
    const { cipher, log } = this.options;
    if (cipher.isSealed) throw new ServerError("sealed");
    const writes = [...operations.map(pendingWrite), ...lineageWrites(change)];
    await this.usage.take(writes.length);
    const appended = writes.map((write) => this.encrypted(write));
    const epochs = newEpochs(change);
    try {
      for (const [at, { value }] of appended.entries()) this.expect(value, writes[at]?.value);
      const receipt = await log.append({
        operations: appended,
        ...(epochs === undefined ? {} : { epochs }),
        ...(change.cursors === undefined ? {} : { cursors: change.cursors }),
        ...(change.reached === undefined ? {} : { reached: change.reached }),
        ...(change.passesGate === undefined ? {} : { passesGate: change.passesGate }),
      });
      // Entries tell of the logged classes only.
      this.forget(writes.filter(({ keyClass }) => keyClass === "node"));
      return receipt;
    } catch (error) {
      // Nobody tells of a commit whose outcome is uncertain.
      this.forget(writes);
      throw error;
    } finally {
      for (const { value } of appended) if (value !== undefined) this.plaintexts.delete(value);
    }
  }

  rotate(): Promise<EncryptionKeyStatus> {
    return this.rotations.run(() => this.writeNewKeyring()).then(() => this.keyStatus());
  }

  keyStatus(): EncryptionKeyStatus {
    const { active, terms } = this.options.cipher.keyring;
    return {
      activeKeyId: active.id,
      term: terms.length,
      installedAtMilliseconds: active.installedAtMilliseconds,
      encryptions: this.usage.encryptions(active.id),
    };
  }

  decrypt(keyClass: KeyClass, key: string, ciphertext: Buffer): Buffer {
    return this.options.cipher.decrypt(keyClass, key, ciphertext);
  }

  keepKeys(forSecondaries: boolean): Promise<void> {
    return this.rotations.run(async () => {
      const { cipher, log } = this.options;
      const keys = cipher.allKeys();
      const value = keys.sealedUnder(cipher.rootKey, cipher.random);
      const classes: readonly KeyClass[] = forSecondaries ? ["node", "local"] : ["node"];
      const operations = classes.map((keyClass) => ({ class: keyClass, key: KEPT_KEYRING_KEY, value }));
      await log.append({ operations, passesGate: true });
      cipher.keep(keys);
    });
  }

  /** Forgets every decrypted value. */
  close(): void {
    this.unsubscribe();
    this.cache.clear();
  }

  private async writeNewKeyring(): Promise<void> {
    const { cipher, clock, log } = this.options;
    const keyring = cipher.keyring.withNewTerm(cipher.random, clock.nowMilliseconds());
    const value = keyring.sealedUnder(cipher.rootKey, cipher.random);
    await log.append({ operations: [{ class: "replicated", key: KEYRING_KEY, value }] });
  }

  private forget(writes: readonly PendingWrite[]): void {
    for (const { keyClass, key } of writes) this.cache.invalidate(authenticatedPath(keyClass, key));
  }

  private encrypted(write: PendingWrite): AppendOperation {
    const { keyClass, key, value, ifRevision } = write;
    const ciphertext = value === undefined ? undefined : this.options.cipher.encrypt(keyClass, key, value);
    return { class: keyClass, key, value: ciphertext, ifRevision };
  }

  private expect(ciphertext: Buffer | undefined, plaintext: Buffer | undefined): void {
    if (ciphertext !== undefined && plaintext !== undefined) this.plaintexts.set(ciphertext, plaintext);
  }

  /** What this cluster wrote and what it applied arrive here alike. */
  private follow(entries: readonly LogEntry[], revision: number | undefined): void {
    for (const { operations } of entries) {
      for (const { class: keyClass, key, value } of operations) {
        this.remember(authenticatedPath(keyClass, key), value, revision);
        if (value === undefined) continue;
        if (key === KEYRING_KEY) this.options.cipher.adoptKeyring(value);
        else if (key === KEPT_KEYRING_KEY) this.options.cipher.keepStored(value);
        else if (keyClass === "local") this.followLineage(key, value);
      }
    }
  }

  /** Keeps what this barrier has just written: who writes a key reads it next, as often as not. */
  private remember(path: string, ciphertext: Buffer | undefined, revision: number | undefined): void {
    const plaintext = ciphertext && this.plaintexts.get(ciphertext);
    if (plaintext === undefined || revision === undefined) {
      this.cache.invalidate(path);
      return;
    }
    // Readers share it, and the writer may use its own again.
    this.cache.replace(path, { value: Buffer.from(plaintext), revision });
  }

  private followLineage(key: string, value: Buffer): void {
    for (const mode of MODES) {
      if (key !== lineageKey(mode)) continue;
      const lineage = decodeLineage(this.options.cipher.decrypt("local", key, value));
      this.lineages = { ...this.lineages, [mode]: lineage };
    }
  }
}

function pendingWrite(operation: WriteOperation): PendingWrite {
  if (operation instanceof PendingWrite) return operation;
  throw new Error("not a write operation of a barrier view");
}

function lineageWrites({ lineages = {} }: RoleChange): PendingWrite[] {
  return MODES.flatMap((mode) => {
    const lineage = lineages[mode];
    if (lineage === undefined) return [];
    return [new PendingWrite("put", "local", lineageKey(mode), encodeLineage(lineage), undefined)];
  });
}

function newEpochs({ lineages }: RoleChange): Partial<Record<ReplicationMode, Epoch>> | undefined {
  if (lineages === undefined) return undefined;
  const epochs: Partial<Record<ReplicationMode, Epoch>> = {};
  for (const mode of MODES) {
    const lineage = lineages[mode];
    if (lineage !== undefined) epochs[mode] = currentEpoch(lineage);
  }
  return epochs;
}
