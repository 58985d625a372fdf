import type { SealKind } from "../seal-kind";

/** Operators give their shares at every start. */
export function shamirSeal(): SealKind {
  return { type: "shamir", automatic: undefined };
}
