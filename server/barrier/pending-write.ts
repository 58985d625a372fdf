import type { KeyClass } from "../sdk/log";
import type { WriteOperation } from "../sdk/view";

/** What a view's `put` and `delete` make: encrypted only when it is committed. */
export class PendingWrite implements WriteOperation {
  constructor(
    readonly kind: "put" | "delete",
    readonly keyClass: KeyClass,
    readonly key: string,
    readonly value: Buffer | undefined,
    readonly ifRevision: number | undefined,
  ) {}
}
