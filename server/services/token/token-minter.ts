import type { Clock } from "../../sdk/clock";
import { ServerError } from "../../sdk/errors";
import type { KeyedLock } from "../../sdk/keyed-lock";
import type { IssuedAuth } from "../../sdk/outcome";
import type { Random } from "../../sdk/random";
import { type Expiry, expiryOf, type TtlGrant, type TtlLimits } from "../../sdk/time-to-live";
import { BATCH_TOKEN_LENGTH_MAX, type BatchTokenCipher, sealBatch } from "./batch-token";
import type { TokenLiveness } from "./token-liveness";
import { TREE_DEPTH_MAX } from "./token-liveness";
import type { TokenIndexes } from "./token-ports";
import type { TokenRecord } from "./token-record";
import type { TokenStore } from "./token-store";
import { SERVICE_PREFIX } from "./token-text";

/** 24 characters of base 62 are 142 bits. */
const SERVICE_RANDOM_LENGTH = 24;
/** Of a token without an index in it, as root tokens are. */
export const PLAIN_TOKEN_LENGTH = SERVICE_PREFIX.length + SERVICE_RANDOM_LENGTH;
const ACCESSOR_LENGTH = 24;

/** A token to be made; policies are canonical and decided. */
export interface TokenDraft extends TtlGrant {
  readonly type: "service" | "batch";
  /** Chosen text; undefined: random. */
  readonly id: string | undefined;
  /** Hash of the parent; "" for orphans. */
  readonly parent: string;
  readonly path: string;
  readonly displayName: string;
  readonly policies: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly internalData: ReadonlyMap<string, string>;
  readonly mountAccessor: string;
  readonly roleName: string;
  readonly numUses: number;
  readonly renewable: boolean;
  readonly boundCidrs: readonly string[];
  readonly wrapping: boolean;
  /** Undefined: it never expires. Only a root token may. */
  readonly limits: TtlLimits | undefined;
}

export interface MintedToken {
  readonly auth: IssuedAuth;
  /** "" for batch tokens. */
  readonly hash: string;
  readonly warnings: readonly string[];
}

/** Makes tokens: durable before they are handed out. */
export class TokenMinter {
  constructor(
    private readonly store: TokenStore,
    private readonly liveness: TokenLiveness,
    /** By hash: creating a child and revoking its parent exclude each other. */
    private readonly lock: KeyedLock,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly cipher: BatchTokenCipher,
    private readonly indexes: TokenIndexes,
  ) {}

  async mint(draft: TokenDraft): Promise<MintedToken> {
    const issued = this.clock.nowMilliseconds();
    const expiry = draft.limits === undefined ? undefined : expiryOf(draft, draft.limits, issued, issued);
    if (draft.type === "batch") return this.mintBatch(draft, issued, expiry);
    const text = draft.id ?? SERVICE_PREFIX + this.random.base62(SERVICE_RANDOM_LENGTH);
    const hash = await this.store.hash(text);
    const record = this.recordOf(draft, issued, expiry);
    if (draft.parent === "") await this.write(hash, record);
    else await this.lock.run(draft.parent, () => this.writeUnderParent(hash, record));
    return { auth: serviceAuth(await this.shown(draft, text), record, expiry), hash, warnings: expiry?.warnings ?? [] };
  }

  /** Asked for after the commit: the index is that of the token or a later one. Chosen texts and root tokens stay as they are. */
  private async shown(draft: TokenDraft, text: string): Promise<string> {
    const at = draft.id === undefined && draft.limits !== undefined ? this.indexes.last() : undefined;
    return at === undefined ? text : this.store.textWith({ id: text, at });
  }

  private async writeUnderParent(hash: string, record: TokenRecord): Promise<void> {
    const parent = await this.liveness.live(record.parent);
    if (parent === undefined) throw new ServerError("permission_denied");
    const depth = parent.record.depth + 1;
    if (depth > TREE_DEPTH_MAX) {
      throw new ServerError("invalid_request", `a token has at most ${TREE_DEPTH_MAX} ancestors`);
    }
    await this.write(hash, { ...record, depth });
  }

  private async write(hash: string, record: TokenRecord): Promise<void> {
    if ((await this.store.load(hash)) !== undefined) {
      throw new ServerError("invalid_request", "cannot create a token with a duplicate ID");
    }
    await this.store.commit(this.store.creation(hash, record), [hash]);
  }

  private recordOf(draft: TokenDraft, issued: number, expiry: Expiry | undefined): TokenRecord {
    return {
      accessor: this.random.base62(ACCESSOR_LENGTH),
      parent: draft.parent,
      depth: 0,
      path: draft.path,
      displayName: draft.displayName,
      policies: draft.policies,
      metadata: draft.metadata,
      internalData: draft.internalData,
      mountAccessor: draft.mountAccessor,
      roleName: draft.roleName,
      issueTimeMilliseconds: issued,
      creationTtlSeconds: expiry?.ttlSeconds ?? 0,
      expireTimeMilliseconds: expiry?.expireTimeMilliseconds,
      lastRenewalSeconds: undefined,
      ttlSeconds: draft.ttlSeconds,
      maxTtlSeconds: draft.maxTtlSeconds,
      explicitMaxTtlSeconds: draft.explicitMaxTtlSeconds,
      periodSeconds: draft.periodSeconds,
      numUses: draft.numUses,
      usesLeft: draft.numUses,
      renewable: draft.renewable && expiry !== undefined,
      boundCidrs: draft.boundCidrs,
      wrapping: draft.wrapping,
      revoking: false,
    };
  }

  private async mintBatch(draft: TokenDraft, issued: number, expiry: Expiry | undefined): Promise<MintedToken> {
    if (expiry === undefined) throw new ServerError("invalid_request", "a batch token must expire");
    const parent = draft.parent === "" ? undefined : await this.liveness.live(draft.parent);
    if (draft.parent !== "" && parent === undefined) throw new ServerError("permission_denied");
    const parentEnd = parent?.record.expireTimeMilliseconds ?? Number.POSITIVE_INFINITY;
    const expireTimeMilliseconds = Math.min(expiry.expireTimeMilliseconds, parentEnd);
    const ttlSeconds = Math.max(1, Math.ceil((expireTimeMilliseconds - issued) / 1000));
    const text = sealBatch(this.cipher, {
      parent: draft.parent,
      path: draft.path,
      displayName: draft.displayName,
      policies: draft.policies,
      metadata: draft.metadata,
      roleName: draft.roleName,
      issueTimeMilliseconds: issued,
      creationTtlSeconds: ttlSeconds,
      expireTimeMilliseconds,
      boundCidrs: draft.boundCidrs,
    });
    if (text.length > BATCH_TOKEN_LENGTH_MAX) {
      throw new ServerError("invalid_request", "the policies and metadata are too long for a batch token");
    }
    return { auth: batchAuth(text, draft, ttlSeconds), hash: "", warnings: expiry.warnings };
  }
}

/** The `auth` block of a service token. @param text "" where the token itself is not known (renewal by accessor) */
export function serviceAuth(
  text: string,
  record: TokenRecord,
  expiry: Pick<Expiry, "ttlSeconds"> | undefined,
): IssuedAuth {
  return {
    clientToken: text,
    accessor: record.accessor,
    policies: record.policies,
    tokenPolicies: record.policies,
    identityPolicies: [],
    metadata: record.metadata.size === 0 ? null : record.metadata,
    leaseDurationSeconds: expiry?.ttlSeconds ?? 0,
    renewable: record.renewable,
    entityId: "",
    tokenType: "service",
    orphan: record.parent === "",
    numUses: record.numUses,
  };
}

function batchAuth(text: string, draft: TokenDraft, ttlSeconds: number): IssuedAuth {
  return {
    clientToken: text,
    accessor: "",
    policies: draft.policies,
    tokenPolicies: draft.policies,
    identityPolicies: [],
    metadata: draft.metadata.size === 0 ? null : draft.metadata,
    leaseDurationSeconds: ttlSeconds,
    renewable: false,
    entityId: "",
    tokenType: "batch",
    orphan: draft.parent === "",
    numUses: 0,
  };
}
