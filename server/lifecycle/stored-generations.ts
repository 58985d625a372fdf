import { KEYRING_KEY, Keyring } from "../barrier/keyring";
import type { SealKind } from "../barrier/seal/seal-kind";
import type { SealRecord } from "../barrier/seal/seal-record";
import { ValueCipher } from "../barrier/value-cipher";
import { GenerationWriter } from "../replication/log/generation-writer";
import type { BootstrapMaterial, GenerationBuilder, Generations } from "../sdk/barrier";
import { exportSecretKey, type SecretKey, takeSecretKey } from "../sdk/crypto";
import { readDespiteFlips } from "../sdk/damaged-reads";
import { isServerError, ServerError } from "../sdk/errors";
import type { ReplicationMode } from "../sdk/log";
import type { Logger } from "../sdk/logger";
import { corruptRecord } from "../sdk/record";
import type { View, WriteOperation } from "../sdk/view";
import { BUILD_KEY, type BuildRecord, decodeBuild, encodeBuild } from "./build-record";
import { type FinishedBuild, openBuilder } from "./generation-builder";
import { encodeIdentity, IDENTITY_KEY } from "./identity";
import type { CoreOptions, OpenCore } from "./open-core";

const UNREADABLE =
  "the unfinished build of a secondary cannot be read and is given up, what is active stays in use: a secondary begins again " +
  "by itself, a cluster that was about to become one has to be enabled again";

/** What a build hands over to become the generation in use. */
export interface Activation {
  readonly generation: string;
  readonly seal: SealRecord;
  readonly rootKey: SecretKey;
  /** Makes the last commit; the log before it is closed by then and ended at this index. */
  readonly commit: (lastIndex: number, alongside: Parameters<GenerationWriter["finish"]>[2]) => Promise<void>;
}

export interface GenerationsOptions {
  readonly core: OpenCore;
  readonly coreOptions: CoreOptions;
  readonly sealKind: SealKind;
  readonly sealRecord: () => SealRecord;
  readonly logger: Logger;
  readonly onActivate: (activation: Activation) => Promise<void>;
  /** Something that is not kept any more may be removed. */
  readonly onStale: () => void;
}

export class StoredGenerations implements Generations {
  /** Name of the generation that is being built, if one is. */
  private building: string | undefined;
  /** Name of the one whose place it takes, until that is durable. */
  private replaced: string | undefined;
  /** Why the stored record could not be read when this core was opened; until none is stored nobody knows what it names. */
  private damage: ServerError | undefined;
  private readonly view: View;

  constructor(private readonly options: GenerationsOptions) {
    this.view = options.core.barrier.view("", "node");
  }

  async exportBootstrap(): Promise<BootstrapMaterial> {
    const { log, cipher } = this.options.core;
    const [keyring] = await log.readCiphertexts("replicated", [KEYRING_KEY]);
    if (keyring === undefined) throw corruptRecord(KEYRING_KEY);
    return { rootKey: exportSecretKey(cipher.rootKey), keyring, shareSet: this.options.sealRecord().shareSet };
  }

  /** Whether the generation may be taken up again. */
  isKept(generation: string): boolean {
    return this.damage !== undefined || generation === this.building || generation === this.replaced;
  }

  async begin(
    mode: ReplicationMode,
    bootstrap: BootstrapMaterial,
    alongside: readonly WriteOperation[] = [],
  ): Promise<GenerationBuilder> {
    const generation = this.options.coreOptions.random.bytes(4).toString("hex");
    const record: BuildRecord = { generation, mode, bootstrap };
    // Both refuse before anything is kept: a seal that cannot hold the root key, a keyring that it does not open.
    await this.combinedSeal(bootstrap);
    const builder = await this.openBuild(record);
    const value = encodeBuild(record);
    // A commit that fails may have happened all the same, and then again not: both are kept until one succeeds.
    this.replaced ??= this.building;
    this.building = generation;
    await this.commitBuild([this.view.put(BUILD_KEY, value), ...alongside]).finally(() => value.fill(0));
    if (this.replaced !== undefined || this.damage !== undefined) this.options.onStale();
    this.replaced = undefined;
    this.damage = undefined;
    return builder;
  }

  async resume(): Promise<GenerationBuilder | undefined> {
    try {
      // What was found to be damaged is not taken up, even if it could be read now.
      if (this.damage !== undefined) throw this.damage;
      return await readDespiteFlips(this.options.coreOptions.clock, () => this.openStored());
    } catch (error) {
      if (!isServerError(error, "corrupt")) throw error;
      await this.giveUpDamaged(error);
      return undefined;
    }
  }

  /** So that nothing of an unfinished build is removed as stale. A damaged record hinders nobody from using what is active. */
  async load(): Promise<void> {
    try {
      const record = await readDespiteFlips(this.options.coreOptions.clock, () => this.readRecord());
      record?.bootstrap.rootKey.fill(0);
      this.building = record?.generation;
    } catch (error) {
      if (!isServerError(error, "corrupt")) throw error;
      this.damage = error;
    }
  }

  private async openStored(): Promise<GenerationBuilder | undefined> {
    const record = await this.readRecord();
    if (record === undefined) return undefined;
    this.building = record.generation;
    return await this.openBuild(record);
  }

  private async readRecord(): Promise<BuildRecord | undefined> {
    const stored = await this.view.get(BUILD_KEY);
    if (stored === undefined) return undefined;
    const record = decodeBuild(stored.value);
    if (record.generation === this.options.core.generation) throw corruptRecord(BUILD_KEY);
    return record;
  }

  /** A build holds nothing that the data in use or the primary does not have, and half of one is never activated. */
  private async giveUpDamaged(error: ServerError): Promise<void> {
    const { logger } = this.options;
    logger.log("error", UNREADABLE, { reason: error.message });
    try {
      await this.forget();
    } catch (cause) {
      // It stays as it is, and so does what it was about, until a build takes its place or the next start.
      logger.log("warn", "the record of the unfinished build could not be removed yet", { reason: String(cause) });
    }
  }

  private async commitBuild(operations: readonly WriteOperation[]): Promise<void> {
    try {
      await this.view.commit(operations);
    } catch (error) {
      // Whoever is told that it failed goes on with the old data: no restart may find the build. As far as the storage lets us.
      if (this.replaced === undefined) await this.discard().catch(() => undefined);
      throw error;
    }
  }

  private async discard(): Promise<void> {
    if (this.building !== undefined) await this.forget();
  }

  private async forget(): Promise<void> {
    await this.view.commit([this.view.delete(BUILD_KEY)]);
    this.building = undefined;
    this.replaced = undefined;
    this.damage = undefined;
    this.options.onStale();
  }

  private async openBuild({ generation, mode, bootstrap }: BuildRecord): Promise<GenerationBuilder> {
    const { core, coreOptions } = this.options;
    const seal = await this.combinedSeal(bootstrap);
    const rootKey = takeSecretKey(Buffer.from(bootstrap.rootKey));
    const cipher = new ValueCipher(rootKey, Keyring.open(rootKey, bootstrap.keyring), coreOptions.random);
    const writer = await GenerationWriter.open({
      storage: coreOptions.storage,
      generation,
      clusterId: core.identity.id,
      keys: cipher.keyring.logKeys(),
      limits: coreOptions.logLimits,
    });
    return openBuilder({
      mode,
      clusterId: core.identity.id,
      writer,
      cipher,
      onDiscard: () => this.discard(),
      onActivate: (finished) => this.options.onActivate(this.activation(generation, seal, cipher, writer, finished)),
    });
  }

  private activation(
    generation: string,
    seal: SealRecord,
    cipher: ValueCipher,
    writer: GenerationWriter,
    finished: FinishedBuild,
  ): Activation {
    const value = cipher.encrypt("node", IDENTITY_KEY, encodeIdentity(this.options.core.identity));
    const operations = [...finished.operations, { class: "node" as const, key: IDENTITY_KEY, value }];
    const { epochs, cursors } = finished;
    return {
      generation,
      seal,
      rootKey: cipher.rootKey,
      commit: (lastIndex, alongside) => writer.finish(operations, { lastIndex, epochs, cursors }, alongside),
    };
  }

  /** The primary's shares with this cluster's kind of seal: unseal shares for shamir, recovery shares otherwise. */
  private async combinedSeal({ rootKey, shareSet }: BootstrapMaterial): Promise<SealRecord> {
    const { type, automatic } = this.options.sealKind;
    if (automatic !== undefined) return { type, shareSet, wrapped: await automatic.wrap(rootKey) };
    if (shareSet !== undefined) return { type, shareSet, wrapped: undefined };
    throw new ServerError(
      "invalid_request",
      "the primary has no recovery shares, so a secondary with shamir shares could never be unsealed: give this " +
        "cluster an automatic seal, or initialise the primary with recovery shares",
    );
  }
}
