import type { JsonObject } from "./json";
import type { LoggedClass, ReplicationMode } from "./log";
import type { MountKind } from "./mounts";
import type { ResponseData } from "./outcome";
import type { StoredKeys } from "./stored-keys";
import type { TokenFacts } from "./token";

/** A mount as it was when one of its keys was written. */
export interface MountFacts {
  /** With trailing slash. */
  readonly path: string;
  readonly kind: MountKind;
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}

/** One write of a key as a log entry has it, decrypted. */
export interface ParsedWrite {
  readonly class: LoggedClass;
  readonly key: string;
  /** Undefined: deleted. */
  readonly value: Buffer | undefined;
  readonly writtenAtMilliseconds: number;
}

/** Something that was taken back. Applying it again, or to what is not there, is no error. */
export type Revocation =
  | { readonly kind: "token"; readonly hash: string /** Its children live on. */; readonly alone: boolean }
  | { readonly kind: "lease"; readonly leaseId: string }
  | { readonly kind: "mount"; readonly mountId: string; readonly call: string; readonly payload: JsonObject };

/** Finds the revocations in writes that are given to it in their order. What merely expired is none. */
export interface RevocationFinder {
  take(write: ParsedWrite): void;
  found(): readonly Revocation[];
}

/** What replication needs of the services to tell what writes mean that one cluster alone had. */
export interface WriteMeanings {
  mountOf(mountId: string): MountFacts | undefined;
  /** Undefined: the type does not say. */
  storedKeysOf(mount: Pick<MountFacts, "kind" | "type" | "options">): StoredKeys | undefined;
  /** The API path of a key that belongs to no mount; undefined: an index or the like. */
  corePathOf(write: ParsedWrite): string | undefined;
  findRevocations(): RevocationFinder;
  /** Resolves once it is durable. */
  revoke(revocation: Revocation): Promise<void>;
}

/** Who asks for a replay: the writes are made with the caller's own rights. */
export interface ReplayCaller {
  readonly token: TokenFacts | undefined;
  readonly clientToken: string;
  readonly remoteAddress: string;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

export interface ReplayRequestedPaths {
  readonly paths: readonly string[];
  /** Also where it takes the place of something that the primary has. */
  readonly overwrite: boolean;
}

/** The operator's side of divergence reports. Unknown ids are `undefined`. */
export interface DivergenceReports {
  list(mode: ReplicationMode): readonly ResponseData[];
  /** Head of the report and a page of its paths, in their order, after `after`. */
  read(
    mode: ReplicationMode,
    id: string,
    page: { readonly after: string | undefined; readonly limit: number },
  ): Promise<ResponseData | undefined>;
  /** What is kept under one path. @throws invalid_request where nothing is kept that can be shown */
  readEntry(mode: ReplicationMode, id: string, path: string): Promise<ResponseData | undefined>;
  discard(mode: ReplicationMode, id: string): Promise<boolean>;
  /** Writes the chosen paths again at the primary. @returns what became of each */
  replay(
    mode: ReplicationMode,
    id: string,
    request: ReplayRequestedPaths,
    caller: ReplayCaller,
  ): Promise<ResponseData | undefined>;
}
