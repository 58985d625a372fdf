import { randomInt } from "node:crypto";

/** `MERIDIAN_FAULTS=long npm test -- faults`: the nightly length. */
export const IS_LONG_RUN = process.env.MERIDIAN_FAULTS === "long";

/** Printed, so that a run can be repeated with `MERIDIAN_FAULT_SEED`. Real processes still have timing of their own. */
export function faultSeed(): string {
  const seed = process.env.MERIDIAN_FAULT_SEED ?? String(randomInt(1_000_000_000));
  process.stdout.write(`MERIDIAN_FAULT_SEED=${seed}\n`);
  return seed;
}
