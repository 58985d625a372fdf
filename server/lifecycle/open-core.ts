import { type EncryptedBarrier, openBarrier } from "../barrier/encrypted-barrier";
import { KEPT_KEYRING_KEY, KEYRING_KEY, Keyring } from "../barrier/keyring";
import { ValueCipher } from "../barrier/value-cipher";
import { openClusterLog } from "../replication/log/cluster-log";
import type { LogLimits } from "../replication/log/log-limits";
import { decodeCiphertext } from "../replication/log/stored-ciphertext";
import type { ClusterIdentity, Generations, UnsealedCore } from "../sdk/barrier";
import type { Clock } from "../sdk/clock";
import type { SecretKey } from "../sdk/crypto";
import { authenticatedPath, storageKey } from "../sdk/key-layout";
import type { ClusterLog, KeyClass } from "../sdk/log";
import type { Logger } from "../sdk/logger";
import type { Random } from "../sdk/random";
import { corruptRecord } from "../sdk/record";
import type { Precondition, Storage } from "../sdk/storage";
import { decodeIdentity, IDENTITY_KEY } from "./identity";

export interface CoreOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly clusterName: string | undefined;
  readonly cacheBytes?: number;
  readonly retentionBytes?: number;
  readonly retentionMilliseconds?: number;
  readonly fence?: () => readonly Precondition[];
  readonly logLimits?: LogLimits | undefined;
}

export interface OpenCore {
  readonly generation: string;
  readonly identity: ClusterIdentity;
  readonly cipher: ValueCipher;
  readonly barrier: EncryptedBarrier;
  readonly log: ClusterLog;
  /** Waits for the commit under way, then forgets keys and values. */
  close(): Promise<void>;
}

/** Opens the generation with its root key. @throws `corrupt` */
export async function openCore(options: CoreOptions, generation: string, rootKey: SecretKey): Promise<OpenCore> {
  const { storage, random, clusterName } = options;
  const keyring = Keyring.open(rootKey, await readStored(storage, generation, "replicated", KEYRING_KEY));
  const cipher = new ValueCipher(rootKey, keyring, random);
  for (const keyClass of ["node", "local"] as const) {
    const kept = await findStored(storage, generation, keyClass, KEPT_KEYRING_KEY);
    if (kept !== undefined) cipher.keepStored(kept);
  }
  const identity = cipher.decrypt("node", IDENTITY_KEY, await readStored(storage, generation, "node", IDENTITY_KEY));
  return openWith(options, generation, cipher, decodeIdentity(identity, clusterName));
}

/** Opens a generation that holds neither keyring nor identity yet. */
export async function openWith(
  options: CoreOptions,
  generation: string,
  cipher: ValueCipher,
  identity: ClusterIdentity,
): Promise<OpenCore> {
  const { storage, clock, logger, cacheBytes, retentionBytes, retentionMilliseconds, fence, logLimits } = options;
  const { log, ciphertexts } = await openClusterLog({
    storage,
    generation,
    clusterId: identity.id,
    keys: cipher.keyring.logKeys(),
    clock,
    logger,
    inspect: ({ key, value }) => {
      const isKeyring = key === KEYRING_KEY || key === KEPT_KEYRING_KEY;
      if (isKeyring && value !== undefined) Keyring.open(cipher.rootKey, value);
    },
    limits: logLimits,
    ...(retentionBytes === undefined ? {} : { retentionBytes }),
    ...(retentionMilliseconds === undefined ? {} : { retentionMilliseconds }),
    ...(fence === undefined ? {} : { fence }),
  });
  const cache = cacheBytes === undefined ? {} : { cacheBytes };
  const barrier = await openBarrier({ cipher, log, ciphertexts, clock, ...cache });
  const close = async (): Promise<void> => {
    await log.close();
    barrier.close();
    cipher.seal();
  };
  return { generation, identity, cipher, barrier, log, close };
}

export function asUnsealed(core: OpenCore, generations: Generations): UnsealedCore {
  const { identity, barrier, log } = core;
  return { identity, barrier, log, generations };
}

async function readStored(storage: Storage, generation: string, keyClass: KeyClass, key: string): Promise<Buffer> {
  const found = await findStored(storage, generation, keyClass, key);
  if (found === undefined) throw corruptRecord(authenticatedPath(keyClass, key));
  return found;
}

async function findStored(
  storage: Storage,
  generation: string,
  keyClass: KeyClass,
  key: string,
): Promise<Buffer | undefined> {
  const [stored] = await storage.read([storageKey(generation, keyClass, key)]);
  return stored && decodeCiphertext(keyClass, key, stored.value);
}
