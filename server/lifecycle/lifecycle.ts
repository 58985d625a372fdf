import type { SealKind } from "../barrier/seal/seal-kind";
import { parseShare, verifyShares } from "../barrier/seal/share-set";
import type { ClusterIdentity, ShareSet, UnsealedCore } from "../sdk/barrier";
import type { Timer } from "../sdk/clock";
import { constantTimeEqual, exportSecretKey, type SecretKey, sha256, takeSecretKey } from "../sdk/crypto";
import { ServerError } from "../sdk/errors";
import type { Logger } from "../sdk/logger";
import type { ResponseData } from "../sdk/outcome";
import type { InitializeRequest, SealPort, SealStatus } from "../sdk/seal";
import { SerialTasks } from "../sdk/serial-tasks";
import { slowStepTold } from "../sdk/slow-step";
import { initializeStorage, recipientBody } from "./initialize";
import { forgetAnswer, type MetaState, pointTo, putSeal, readMeta } from "./meta-store";
import { asUnsealed, type CoreOptions, type OpenCore, openCore } from "./open-core";
import { removeStaleGenerations } from "./stale-generations";
import { type Activation, StoredGenerations } from "./stored-generations";
import { UnsealProgress } from "./unseal-progress";

/** Between two attempts to open the services again with an automatic seal. */
const REOPEN_MILLISECONDS = 1_000;

export interface LifecycleHooks {
  /** Makes what a new cluster begins with (default mounts, policies), and its root token. Called once, before `onUnsealed`. */
  onInitialized(core: UnsealedCore): Promise<{ readonly rootToken: string }>;
  /** Starts the services. What it answers stops them: it is awaited while the core still works. */
  onUnsealed(core: UnsealedCore): Promise<() => Promise<void>>;
}

export interface LifecycleOptions extends CoreOptions {
  readonly sealKind: SealKind;
  readonly hooks: LifecycleHooks;
  readonly logger: Logger;
  readonly version: string;
  readonly buildDate: string;
  readonly storageType: string;
}

export interface Lifecycle extends SealPort {
  /** Undefined while sealed. */
  readonly core: UnsealedCore | undefined;
  readonly identity: ClusterIdentity | undefined;
  /** Unseal shares or recovery shares, for the ceremonies that share holders decide. */
  readonly shareSet: ShareSet | undefined;
  /** Bytes of a share as it was typed. @throws invalid_request for what can be none of this cluster's */
  parseShare(text: string): Buffer;
  /** Whether the shares are a quorum of this cluster's share holders. */
  verifyQuorum(shares: readonly Buffer[]): boolean;
  /** Opens an automatic seal; whether the server is unsealed now. Safe to call again while the key cannot be reached. */
  autoUnseal(): Promise<boolean>;
  /** Resolves once everything that was asked for (a reopening after an activation, too) is done. */
  settled(): Promise<void>;
  /** Seals, and forgets nothing that is stored. The storage stays the caller's. */
  close(): Promise<void>;
}

interface Running {
  readonly core: OpenCore;
  readonly unsealed: UnsealedCore;
  readonly generations: StoredGenerations;
  readonly stopServices: () => Promise<void>;
  readonly stopCleaning: AbortController;
}

/** Reads what the storage says of itself. Nothing is unsealed yet: see `autoUnseal`. @throws `corrupt` */
export async function openLifecycle(options: LifecycleOptions): Promise<Lifecycle> {
  const meta = await readMeta(options.storage);
  if (meta !== undefined && meta.seal.type !== options.sealKind.type) {
    throw new ServerError("internal", {
      detail: `the storage is sealed with "${meta.seal.type}", the configuration says "${options.sealKind.type}"`,
    });
  }
  return new StoredLifecycle(options, meta);
}

class StoredLifecycle implements Lifecycle {
  private running: Running | undefined;
  private readonly tasks = new SerialTasks();
  private readonly progress: UnsealProgress;
  private cleaning: Promise<void> = Promise.resolve();
  private deciding: Promise<void> = Promise.resolve();
  private reopening: Timer | undefined;

  constructor(
    private readonly options: LifecycleOptions,
    private meta: MetaState | undefined,
  ) {
    this.progress = new UnsealProgress(options.random);
  }

  get core(): UnsealedCore | undefined {
    return this.running?.unsealed;
  }

  get identity(): ClusterIdentity | undefined {
    return this.running?.core.identity;
  }

  get shareSet(): ShareSet | undefined {
    return this.meta?.seal.shareSet;
  }

  isInitialized(): boolean {
    return this.meta !== undefined;
  }

  isSealed(): boolean {
    return this.running === undefined;
  }

  status(): SealStatus {
    const { sealKind, version, buildDate, storageType } = this.options;
    return {
      type: sealKind.type,
      initialized: this.isInitialized(),
      sealed: this.isSealed(),
      t: this.shareSet?.threshold ?? 0,
      n: this.shareSet?.shares ?? 0,
      progress: this.progress.count,
      nonce: this.progress.nonce,
      version,
      buildDate,
      migration: false,
      recoverySeal: sealKind.automatic !== undefined,
      storageType,
      clusterName: this.identity?.name,
      clusterId: this.identity?.id,
    };
  }

  parseShare(text: string): Buffer {
    return parseShare(requireShares(this.shareSet), text);
  }

  verifyQuorum(shares: readonly Buffer[]): boolean {
    const rootKey = this.shareSet && verifyShares(this.shareSet, shares);
    rootKey?.fill(0);
    return rootKey !== undefined;
  }

  initialize(request: InitializeRequest): Promise<ResponseData> {
    return this.tasks.run(async () => {
      const answer = this.meta?.answer;
      if (answer !== undefined && request.recipient !== undefined) {
        if (constantTimeEqual(answer.recipient, request.recipient)) return recipientBody(answer);
      }
      if (this.meta !== undefined) throw new ServerError("invalid_request", "Vault is already initialized");
      return this.initializeNow(request);
    });
  }

  confirmInitialization(proof: Buffer): Promise<void> {
    return this.tasks.run(async () => {
      if (this.meta?.answer === undefined) return;
      if (!constantTimeEqual(sha256(proof), this.meta.answer.proofDigest)) throw new ServerError("permission_denied");
      await forgetAnswer(this.options.storage);
      this.meta = { ...this.meta, answer: undefined };
    });
  }

  unseal(share: string | undefined, reset: boolean): Promise<SealStatus> {
    return this.tasks.run(async () => {
      if (this.isSealed()) await this.readAgain();
      const meta = this.initializedMeta();
      if (reset) this.progress.reset();
      if (this.isSealed() && share !== undefined) await this.takeShare(meta, share);
      return this.status();
    });
  }

  autoUnseal(): Promise<boolean> {
    return this.tasks.run(async () => {
      const { automatic } = this.options.sealKind;
      if (this.isSealed()) await this.readAgain();
      if (automatic === undefined || this.meta === undefined || !this.isSealed()) return !this.isSealed();
      const wrapped = this.meta.seal.wrapped;
      const rootKey = wrapped && (await automatic.unwrap(wrapped));
      if (rootKey === undefined) {
        this.options.logger.log("error", "no key of the seal's configuration opens the root key", {
          key_id: wrapped?.keyId,
        });
        return false;
      }
      if (wrapped?.keyId !== automatic.currentKeyId) await this.wrapAgain(this.meta, rootKey);
      await this.open(this.meta.generation, takeSecretKey(rootKey));
      return true;
    });
  }

  seal(): Promise<void> {
    this.reopening?.cancel();
    return this.tasks.run(() => this.shut());
  }

  settled(): Promise<void> {
    return this.tasks.run(() => this.cleaning);
  }

  async close(): Promise<void> {
    this.reopening?.cancel();
    await this.tasks.run(() => this.shut());
    this.reopening?.cancel();
    await this.cleaning;
  }

  private async initializeNow(request: InitializeRequest): Promise<ResponseData> {
    const { sealKind, hooks } = this.options;
    const made = await initializeStorage(
      {
        core: this.options,
        seal: sealKind,
        onInitialized: (core) => hooks.onInitialized(asUnsealed(core, this.generationsOf(core))),
      },
      request,
    );
    this.meta = { generation: made.generation, seal: made.seal, answer: made.kept };
    if (sealKind.automatic === undefined) await made.core.close();
    // Initialised and durable: whatever fails from here on must not cost the answer.
    else await this.run(made.core).catch((error: unknown) => this.openingFailed(error));
    return made.answer;
  }

  private async takeShare(meta: MetaState, text: string): Promise<void> {
    const set = requireShares(meta.seal.shareSet);
    this.progress.add(parseShare(set, text));
    if (this.progress.count < set.threshold) return;
    const rootKey = verifyShares(set, this.progress.given());
    this.progress.reset();
    if (rootKey === undefined) {
      const reason =
        "unseal failed: at least one of the shares given is wrong or belongs to another cluster; start again";
      throw new ServerError("invalid_request", reason);
    }
    await this.open(meta.generation, takeSecretKey(rootKey));
  }

  private async open(generation: string, rootKey: SecretKey): Promise<void> {
    const opening = slowStepTold(this.options, "open the log", () => openCore(this.options, generation, rootKey));
    await this.run(await opening);
  }

  /** Goes on with an open core; closes it when the services do not start. */
  private async run(core: OpenCore): Promise<void> {
    const generations = this.generationsOf(core);
    const unsealed = asUnsealed(core, generations);
    try {
      await generations.load();
      const stopServices = await this.options.hooks.onUnsealed(unsealed);
      this.running = { core, unsealed, generations, stopServices, stopCleaning: new AbortController() };
    } catch (error) {
      await core.close();
      throw error;
    }
    this.clean();
  }

  private async shut(): Promise<void> {
    this.progress.reset();
    const { running } = this;
    if (running === undefined) return;
    this.running = undefined;
    running.stopCleaning.abort();
    try {
      await running.stopServices();
    } finally {
      await running.core.close();
    }
  }

  private generationsOf(core: OpenCore): StoredGenerations {
    return new StoredGenerations({
      core,
      coreOptions: this.options,
      sealKind: this.options.sealKind,
      sealRecord: () => this.initializedMeta().seal,
      logger: this.options.logger,
      onActivate: (activation) => this.activate(core, activation),
      onStale: () => this.clean(),
    });
  }

  /**
   * The old log ends first, so that nothing can be acknowledged in a generation that is about to be left. Then one commit
   * decides; whatever it decided is opened, after the caller (a service of the old core) had its answer.
   */
  private async activate(old: OpenCore, activation: Activation): Promise<void> {
    const { running } = this;
    if (running?.core !== old) throw new ServerError("sealed");
    const oldRootKey = takeSecretKey(exportSecretKey(old.cipher.rootKey));
    const decision = commitActivation(old, activation);
    this.deciding = decision.catch(() => undefined);
    try {
      await decision;
    } finally {
      this.inBackground(async () => {
        // Sealed meanwhile: whoever unseals it reads where the pointer stands.
        if (this.running !== running) return;
        await this.shut().catch((error: unknown) => this.openingFailed(error));
        await this.readAgain();
        const { generation } = this.initializedMeta();
        await this.open(generation, generation === activation.generation ? activation.rootKey : oldRootKey);
      });
    }
  }

  /** An activation may be moving the pointer, or may have failed in a way that leaves open whether it did. */
  private async readAgain(): Promise<void> {
    await this.deciding;
    this.meta = await readMeta(this.options.storage);
  }

  private async wrapAgain(meta: MetaState, rootKey: Buffer): Promise<void> {
    const wrapped = await this.options.sealKind.automatic?.wrap(rootKey);
    const seal = { ...meta.seal, wrapped };
    await this.options.storage.commit({ preconditions: [], puts: [putSeal(seal)], deletes: [] });
    this.meta = { ...meta, seal };
  }

  /** Removes, beside everything else, the generations that nothing points to. */
  private clean(): void {
    const { running } = this;
    if (running === undefined) return;
    const { core, generations, stopCleaning } = running;
    const isKept = (name: string): boolean => name === core.generation || generations.isKept(name);
    this.cleaning = this.cleaning
      .then(() => removeStaleGenerations(this.options.storage, isKept, stopCleaning.signal))
      .catch((error: unknown) => {
        this.options.logger.log("warn", "old data could not be removed yet", { reason: String(error) });
      });
  }

  private inBackground(task: () => Promise<void>): void {
    void this.tasks.run(task).catch((error: unknown) => this.openAgainLater(error));
  }

  /** Nobody has to come for a seal that opens by itself: what hindered it (a full or failing disk) may be over soon. */
  private openAgainLater(error: unknown): void {
    this.openingFailed(error);
    if (this.options.sealKind.automatic === undefined) return;
    this.reopening?.cancel();
    this.reopening = this.options.clock.setTimer(REOPEN_MILLISECONDS, () => {
      this.autoUnseal().catch((cause: unknown) => this.openAgainLater(cause));
    });
    this.reopening.unref();
  }

  private openingFailed(error: unknown): void {
    this.options.logger.log("error", "the services did not start or stop as they should", { reason: String(error) });
  }

  private initializedMeta(): MetaState {
    if (this.meta === undefined) throw new ServerError("not_initialized");
    return this.meta;
  }
}

function requireShares(set: ShareSet | undefined): ShareSet {
  if (set !== undefined) return set;
  throw new ServerError("invalid_request", "this cluster has no shares: its seal opens by itself");
}

async function commitActivation(old: OpenCore, activation: Activation): Promise<void> {
  await old.log.close();
  const change = pointTo(activation.generation, activation.seal, false);
  await activation.commit(old.log.lastIndex(), { ...change, deletes: [] });
}
