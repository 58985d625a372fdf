import type { DivergenceReports } from "./divergence";
import type { ReplicationMode } from "./log";
import type { ResponseData, WrapInfo } from "./outcome";
import type { ShareCeremony } from "./share-ceremony";

export interface EnablePrimaryRequest {
  /** Address given to secondaries; "" for the node's own cluster address. */
  readonly primaryClusterAddress: string;
}

export interface SecondaryTokenRequest {
  /** Chosen by the operator, unique in the set: `\w(([\w-.]+)?\w)?`. */
  readonly id: string;
  readonly ttlSeconds: number;
  /** Path the request came in on, for `creation_path`. */
  readonly creationPath: string;
}

export interface PathsFilter {
  readonly mode: "allow" | "deny";
  /** Mount paths with trailing slash: `secret/`, `auth/userpass/`. */
  readonly paths: readonly string[];
}

export interface DynamicFilter {
  readonly mounts: readonly string[];
  readonly namespaces: readonly string[];
}

/** How a secondary reaches the primary's API to open an activation token. */
export interface PrimaryApi {
  /** Overrides the address in the token; "" for none. */
  readonly address: string;
  /** Files or folder of trusted certificates on this server; "" for the system's. */
  readonly caFile: string;
  readonly caPath: string;
  /** Trusted certificates themselves, PEM; "" for none. */
  readonly caCertificate: string;
}

export interface EnableSecondaryRequest {
  readonly token: string;
  readonly api: PrimaryApi;
}

export interface UpdatePrimaryRequest {
  /** "": forget the primary and stay a secondary; undefined: `addresses` says where to go. */
  readonly token: string | undefined;
  readonly api: PrimaryApi;
  readonly addresses: readonly string[];
}

export interface PromoteRequest {
  readonly primaryClusterAddress: string;
  /** Promote although not everything that the primary had is known to be here. */
  readonly force: boolean;
  /** With `force`: also what no primary may ever have held (half of a repair, an unconfirmed position). @default false */
  readonly acceptPartialRepair?: boolean;
}

export interface DemoteRequest {
  /** Id of the secondary that takes over: writes pause until it has applied everything. undefined: demote at once. */
  readonly targetId: string | undefined;
  readonly signal: AbortSignal;
}

/** What sys/health says of a secondary's primary. Milliseconds. */
export interface ReplicationHealth {
  /** Round trip of a heartbeat. */
  readonly echoDurationMilliseconds: number;
  /** The primary's clock minus ours. */
  readonly clockSkewMilliseconds: number;
  /** Age of the newest canary: how far behind we are at most. */
  readonly canaryAgeMilliseconds: number;
}

/**
 * The operator's side of replication: everything under sys/replication. Mutating calls resolve with the warnings that go
 * into the answer. All fail with `invalid_request` and a clear text when the role does not allow the call.
 */
export interface ReplicationAdmin {
  /** One mode's object of sys/replication/status. */
  status(mode: ReplicationMode): ResponseData;
  /** What a promotion would cost now, as this cluster knows it. */
  failoverPlan(mode: ReplicationMode): Promise<ResponseData>;

  enablePrimary(mode: ReplicationMode, request: EnablePrimaryRequest): Promise<readonly string[]>;
  demotePrimary(mode: ReplicationMode, request: DemoteRequest): Promise<readonly string[]>;
  disablePrimary(mode: ReplicationMode): Promise<readonly string[]>;
  issueSecondaryToken(mode: ReplicationMode, request: SecondaryTokenRequest): Promise<WrapInfo>;
  /** A token encrypted for the secondary's `generatePublicKey`: it is opened without reaching this cluster's API. */
  issueSealedSecondaryToken(mode: ReplicationMode, request: SecondaryTokenRequest, publicKey: string): Promise<string>;
  /** What is wrong with the addresses that such a token names. @param isSealed it is opened without this cluster's API */
  secondaryTokenWarnings(mode: ReplicationMode, isSealed: boolean): readonly string[];
  revokeSecondary(mode: ReplicationMode, id: string): Promise<readonly string[]>;

  /** Replaces the filter of a performance secondary, known already or not, and applies it to what it holds. */
  writePathsFilter(id: string, filter: PathsFilter): Promise<void>;
  readPathsFilter(id: string): Promise<PathsFilter | undefined>;
  deletePathsFilter(id: string): Promise<void>;
  /** What the filter amounts to now: on the primary for that secondary, on a secondary for itself. */
  readDynamicFilter(side: "primary" | "secondary", id: string): Promise<DynamicFilter | undefined>;

  /** Makes the key that the next sealed token is made for. @returns base64 */
  generatePublicKey(mode: ReplicationMode): Promise<string>;
  enableSecondary(mode: ReplicationMode, request: EnableSecondaryRequest): Promise<readonly string[]>;
  /** @throws `catching_up` unless forced */
  promoteSecondary(mode: ReplicationMode, request: PromoteRequest): Promise<readonly string[]>;
  disableSecondary(mode: ReplicationMode): Promise<readonly string[]>;
  updatePrimary(mode: ReplicationMode, request: UpdatePrimaryRequest): Promise<readonly string[]>;
  /** Compares the index with what is stored. @returns the `merkle_corruption_report` */
  merkleCheck(): Promise<ResponseData>;
  /** Makes the index anew from what is stored. Writes wait meanwhile. @throws `corrupt` */
  reindex(): Promise<readonly string[]>;
  /** Lets a primary that learned of a later promotion acknowledge writes again, in an epoch of its own. */
  overrideFence(mode: ReplicationMode): Promise<readonly string[]>;
  /** Connects again at once instead of after the pause. */
  recover(mode: ReplicationMode): Promise<readonly string[]>;

  /** @throws permission_denied unless the DR operation token is valid for the path (`sys/replication/dr/...`) */
  requireDrOperationToken(token: Buffer, path: string): Promise<void>;
  readonly drOperationTokens: DrOperationTokens;
  /** Writes that only this cluster had when its history and its set's parted. */
  readonly divergence: DivergenceReports;
}

/** DR operation tokens made by share holders on the DR secondary (generate-operation-token). */
export interface DrOperationTokens {
  readonly ceremony: ShareCeremony;
  /** @returns whether share holders made it here: others end by themselves, or where they were made */
  revoke(token: Buffer): Promise<boolean>;
}
