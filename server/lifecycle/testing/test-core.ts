import { KEYRING_KEY, Keyring } from "../../barrier/keyring";
import { ValueCipher } from "../../barrier/value-cipher";
import { systemClock } from "../../sdk/clock";
import { takeSecretKey } from "../../sdk/crypto";
import { systemRandom } from "../../sdk/random";
import type { Storage } from "../../sdk/storage";
import { noLogger } from "../../sdk/testing/no-logger";
import { openMemoryStorage } from "../../storage/memory/index";
import { encodeIdentity, IDENTITY_KEY, newIdentity } from "../identity";
import { type CoreOptions, type OpenCore, openCore, openWith } from "../open-core";

export const TEST_GENERATION = "00000001";

export interface TestCoreOptions extends Partial<CoreOptions> {
  /** Clusters made with one seed share root key and keyring, as those of a replication set do. @default 1 */
  readonly seed?: number;
}

/** An unsealed cluster without seal and services, over a memory storage unless one is given. For tests. */
export async function openTestCore(options: TestCoreOptions = {}): Promise<OpenCore & { readonly storage: Storage }> {
  const storage = options.storage ?? (await openMemoryStorage());
  const coreOptions = coreOptionsOver(storage, options);
  const seed = options.seed ?? 1;
  const rootKey = takeSecretKey(Buffer.alloc(32, seed));
  let next = seed;
  const seeded = { ...systemRandom, bytes: (count: number) => Buffer.alloc(count, next++) };
  const cipher = new ValueCipher(rootKey, Keyring.create(seeded, 0), systemRandom);
  const identity = newIdentity(systemRandom, undefined);
  const core = await openWith(coreOptions, TEST_GENERATION, cipher, identity);
  const keyring = cipher.keyring.sealedUnder(rootKey, seeded);
  const identityValue = cipher.encrypt("node", IDENTITY_KEY, encodeIdentity(identity));
  await core.log.append({
    operations: [
      { class: "replicated", key: KEYRING_KEY, value: keyring },
      { class: "node", key: IDENTITY_KEY, value: identityValue },
    ],
  });
  return { ...core, storage };
}

/** Opens again what `openTestCore` made. */
export async function reopenTestCore(storage: Storage, options: TestCoreOptions = {}): Promise<OpenCore> {
  const rootKey = takeSecretKey(Buffer.alloc(32, options.seed ?? 1));
  return openCore(coreOptionsOver(storage, options), TEST_GENERATION, rootKey);
}

function coreOptionsOver(storage: Storage, options: TestCoreOptions): CoreOptions {
  const { seed: _, ...given } = options;
  return { clock: systemClock, random: systemRandom, logger: noLogger, clusterName: "test", ...given, storage };
}
