/**
 * Arithmetic in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (the field of AES). No table and no branch depends on a value, so
 * neither time nor cache lines tell anything about a share.
 */
const REDUCTION = 0x1b;

export function multiply(left: number, right: number): number {
  let product = 0;
  let shifted = left;
  for (let bit = 0; bit < 8; bit++) {
    product ^= shifted & -((right >> bit) & 1);
    shifted = ((shifted << 1) ^ (REDUCTION & -(shifted >> 7))) & 0xff;
  }
  return product;
}

/** a^254, which is 1/a; 0 gives 0. */
export function invert(value: number): number {
  let power = value;
  let result = 1;
  for (let bit = 1; bit < 8; bit++) {
    power = multiply(power, power);
    result = multiply(result, power);
  }
  return result;
}
