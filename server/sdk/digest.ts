import { digestOf } from "./crypto";

/** Names of the API -> names of the hash functions (FIPS 180-4, FIPS 202). */
const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ["sha2-224", "sha224"],
  ["sha2-256", "sha256"],
  ["sha2-384", "sha384"],
  ["sha2-512", "sha512"],
  ["sha3-224", "sha3-224"],
  ["sha3-256", "sha3-256"],
  ["sha3-384", "sha3-384"],
  ["sha3-512", "sha3-512"],
]);

export const digestNames: readonly string[] = [...ALGORITHMS.keys()];

/** @param name as in the API, e.g. `sha2-256`. @returns undefined for a name that is not known */
export function digest(name: string, data: Buffer): Buffer | undefined {
  const algorithm = ALGORITHMS.get(name);
  return algorithm === undefined ? undefined : digestOf(algorithm, data);
}
