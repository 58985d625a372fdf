import type { Random } from "../../../sdk/random";
import { invert, multiply } from "./field";

/** As many x coordinates as the field has values but 0. */
export const SHARES_MAX = 255;

/**
 * Shamir's secret sharing, byte by byte: a share is the value of a random polynomial of degree `threshold - 1` at x for each
 * byte of the secret, followed by x. Fewer than `threshold` shares say nothing about the secret.
 * @param threshold 2 to `shares`; `shares` at most 255
 */
export function splitSecret(secret: Buffer, shares: number, threshold: number, random: Random): readonly Buffer[] {
  if (threshold < 2 || threshold > shares || shares > SHARES_MAX) throw new RangeError("impossible share numbers");
  const coordinates = shuffledCoordinates(random).slice(0, shares);
  const coefficients = random.bytes(secret.length * (threshold - 1));
  const made = coordinates.map((x) => {
    const share = Buffer.allocUnsafeSlow(secret.length + 1);
    secret.forEach((byte, at) => {
      share[at] = evaluate(coefficients.subarray(at * (threshold - 1), (at + 1) * (threshold - 1)), byte, x);
    });
    share[secret.length] = x;
    return share;
  });
  coefficients.fill(0);
  return made;
}

/**
 * Undoes `splitSecret` for `threshold` shares or more. Wrong shares give a wrong secret: the caller proves what comes out.
 * @returns undefined when the shares cannot belong together: other lengths, an x twice, x = 0
 */
export function combineShares(shares: readonly Buffer[]): Buffer | undefined {
  const length = (shares[0]?.length ?? 0) - 1;
  const coordinates = shares.map((share) => share[length] ?? 0);
  if (length < 1 || shares.some((share) => share.length !== length + 1)) return undefined;
  if (coordinates.includes(0) || new Set(coordinates).size !== shares.length) return undefined;
  const secret = Buffer.alloc(length);
  shares.forEach((share, own) => {
    const weight = weightAtZero(coordinates, own);
    for (let at = 0; at < length; at++) secret[at] = (secret[at] ?? 0) ^ multiply(share[at] ?? 0, weight);
  });
  return secret;
}

/** Horner's rule: the polynomial with this constant term at x. */
function evaluate(coefficients: Buffer, constant: number, x: number): number {
  let value = 0;
  for (let at = coefficients.length - 1; at >= 0; at--) value = multiply(value ^ (coefficients[at] ?? 0), x);
  return value ^ constant;
}

/** Lagrange's basis polynomial of one coordinate, at 0. */
function weightAtZero(coordinates: readonly number[], own: number): number {
  const x = coordinates[own] ?? 0;
  let weight = 1;
  coordinates.forEach((other, at) => {
    if (at !== own) weight = multiply(weight, multiply(other, invert(other ^ x)));
  });
  return weight;
}

function shuffledCoordinates(random: Random): number[] {
  const coordinates = Array.from({ length: SHARES_MAX }, (_, at) => at + 1);
  for (let at = SHARES_MAX - 1; at > 0; at--) {
    const other = random.integerBelow(at + 1);
    [coordinates[at], coordinates[other]] = [coordinates[other] ?? 0, coordinates[at] ?? 0];
  }
  return coordinates;
}
