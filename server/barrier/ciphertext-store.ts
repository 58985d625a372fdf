import type { KeyClass } from "../sdk/log";
import type { StoredValue } from "../sdk/storage";

/** Ciphertexts of the generation in use, as the barrier reads them; it writes through the log alone. */
export interface CiphertextStore {
  /** @throws `corrupt` naming the key */
  read(keyClass: KeyClass, key: string): Promise<StoredValue | undefined>;
  /** Keys that start with `prefix`, after `after`, in the order of their bytes. */
  list(keyClass: KeyClass, prefix: string, after: string | undefined, limit: number): Promise<readonly string[]>;
}
