import type { ShareSet } from "../../sdk/barrier";
import { openAead, sealAead } from "../../sdk/crypto";
import { ServerError } from "../../sdk/errors";
import type { Random } from "../../sdk/random";
import { combineShares, SHARES_MAX, splitSecret } from "./shamir/shares";

const KEY_BYTES = 32;
const BOUND_TO = Buffer.from("seal/shares");

/**
 * Makes a new key, wraps the root key with it and splits it. One share of one is the key itself.
 * @throws invalid_request for impossible numbers
 */
export function makeShareSet(
  rootKey: Buffer,
  numbers: { readonly shares: number; readonly threshold: number },
  random: Random,
): { readonly set: ShareSet; readonly shares: readonly Buffer[] } {
  checkNumbers(numbers);
  const key = random.bytes(KEY_BYTES);
  const wrappedRootKey = sealAead(key, random.bytes(12), rootKey, BOUND_TO);
  const { shares: count, threshold } = numbers;
  const shares = count === 1 ? [Buffer.from(key)] : splitSecret(key, count, threshold, random);
  key.fill(0);
  return { set: { shares: count, threshold, wrappedRootKey }, shares };
}

/** @throws invalid_request */
export function checkNumbers({ shares, threshold }: { readonly shares: number; readonly threshold: number }): void {
  const refuse = (reason: string): never => {
    throw new ServerError("invalid_request", reason);
  };
  if (!Number.isInteger(shares) || shares < 1) refuse("shares must be at least one");
  if (shares > SHARES_MAX) refuse(`shares must be at most ${SHARES_MAX}`);
  if (!Number.isInteger(threshold) || threshold < 1) refuse("threshold must be at least one");
  if (threshold > shares) refuse("threshold cannot be larger than shares");
  if (shares > 1 && threshold === 1) refuse("threshold must be greater than one for multiple shares");
}

/**
 * Proves that the shares belong to the set, by opening the root key with what they make: for unsealing, and for every
 * ceremony that a quorum of share holders decides (operation tokens, new root tokens, new shares).
 * @returns the root key (zero it after use), or undefined when any share is wrong or there are too few
 */
export function verifyShares(set: ShareSet, shares: readonly Buffer[]): Buffer | undefined {
  if (shares.length < set.threshold) return undefined;
  const [only] = shares;
  const key = set.shares === 1 ? only && Buffer.from(only) : combineShares(shares);
  if (key?.length !== KEY_BYTES) return undefined;
  const rootKey = openAead(key, set.wrappedRootKey, BOUND_TO);
  key.fill(0);
  return rootKey;
}

/**
 * Bytes of a share as an operator types it: hexadecimal, or base64 of the standard or URL alphabet.
 * @throws invalid_request when it can be no share of the set
 */
export function parseShare(set: ShareSet, text: string): Buffer {
  const trimmed = text.trim();
  const length = set.shares === 1 ? KEY_BYTES : KEY_BYTES + 1;
  const bytes =
    trimmed.length === length * 2 && /^[0-9a-fA-F]+$/.test(trimmed)
      ? Buffer.from(trimmed, "hex")
      : /^[0-9a-zA-Z+/_-]+=*$/.test(trimmed)
        ? Buffer.from(trimmed, "base64")
        : undefined;
  if (bytes?.length !== length) {
    throw new ServerError("invalid_request", `'key' must be a valid hex or base64 string of ${length} bytes`);
  }
  return bytes;
}
