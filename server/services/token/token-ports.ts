import type { Clock } from "../../sdk/clock";
import type { Logger } from "../../sdk/logger";
import type { RenewalDecision } from "../../sdk/mount";
import type { MountCalls, MountTable } from "../../sdk/mounts";
import type { AccessChecker } from "../../sdk/policy";
import type { Random } from "../../sdk/random";
import type { EpochIndex, IndexStanding } from "../../sdk/replication";
import type { TtlLimits } from "../../sdk/time-to-live";
import type { View } from "../../sdk/view";
import type { BatchTokenCipher } from "./batch-token";

/** What the token service needs of the auth mounts, by accessor. */
export interface LoginMounts {
  /** Whether the mount is there; "" (root and wrapping tokens) counts as there. */
  has(mountAccessor: string): boolean;
  /** Undefined: the mount is gone. */
  limits(mountAccessor: string): TtlLimits | undefined;
  /** `default-service`, `default-batch`, `service`, `batch`. */
  tokenType(mountAccessor: string): string;
  /** Proves again what the login proved. @throws permission_denied */
  renew(mountAccessor: string, internalData: ReadonlyMap<string, string>): Promise<RenewalDecision>;
}

/** Where this cluster stands in its own log: tokens carry the index that whoever is shown them must have applied. */
export interface TokenIndexes {
  /** Epoch and last index of this cluster's own log; undefined: tokens carry none. */
  last(): EpochIndex | undefined;
  /** Waits a little where it may still come. */
  standing(at: EpochIndex): Promise<IndexStanding>;
}

/** For a cluster whose tokens carry no index. */
export const noTokenIndexes: TokenIndexes = { last: () => undefined, standing: () => Promise.resolve("held") };

export interface TokenServiceOptions {
  /** On `core/token/`, class `local`. */
  readonly storage: View;
  /** On `core/token/`, class `replicated`, of the same barrier: token roles. */
  readonly sharedStorage: View;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly batchCipher: BatchTokenCipher;
  readonly access: AccessChecker;
  readonly mounts: LoginMounts;
  readonly indexes: TokenIndexes;
  /** Whether this node may write class `local` now (active, unsealed, no DR secondary). The sweeper rests where it may not. */
  readonly mayWrite: () => boolean;
}

/** `LoginMounts` over the mount table and the mounts' own code. */
export function loginMounts(table: MountTable, calls: MountCalls): LoginMounts {
  return {
    has: (accessor) => accessor === "" || table.byAccessor(accessor) !== undefined,
    limits: (accessor) => {
      const entry = table.byAccessor(accessor);
      return entry === undefined ? undefined : table.leaseLimits(entry.id);
    },
    tokenType: (accessor) => table.byAccessor(accessor)?.config.tokenType ?? "",
    renew: async (accessor, internalData) => {
      const entry = table.byAccessor(accessor);
      return entry === undefined || entry.type === "token" ? {} : calls.renewAuth(entry.id, internalData);
    },
  };
}
