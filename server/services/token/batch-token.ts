import { addressFilter } from "../../sdk/cidr";
import { openAead, sealAead } from "../../sdk/crypto";
import { isServerError } from "../../sdk/errors";
import type { Random } from "../../sdk/random";
import { encodeRecord, StoredRecord } from "../../sdk/stored-record";
import type { TokenFacts } from "../../sdk/token";

export const BATCH_PREFIX = "hvb.";
/** A batch token travels in a header. */
export const BATCH_TOKEN_LENGTH_MAX = 4_096;

/** Seals what a batch token carries. Every cluster of the set opens what another one sealed. */
export interface BatchTokenCipher {
  seal(plaintext: Buffer): Buffer;
  /** Undefined for what was not sealed by a cluster of the set. */
  open(sealed: Buffer): Buffer | undefined;
}

/** AES-256-GCM under one key of 32 bytes that all clusters of the set share; `keys` newest first, after rotations. */
export function batchTokenCipher(keys: () => readonly Buffer[], random: Random): BatchTokenCipher {
  const purpose = Buffer.from("meridian batch token v1");
  return {
    seal: (plaintext) => {
      const [newest] = keys();
      if (newest === undefined) throw new Error("there is no key for batch tokens");
      return sealAead(newest, random.bytes(12), plaintext, purpose);
    },
    open: (sealed) => {
      for (const key of keys()) {
        const plaintext = openAead(key, sealed, purpose);
        if (plaintext !== undefined) return plaintext;
      }
      return undefined;
    },
  };
}

/** What a batch token carries; nothing of it is stored. */
export interface BatchBody {
  /** Hash of the parent, known only to the cluster (and its DR secondary) that made the token; "" for orphans. */
  readonly parent: string;
  readonly path: string;
  readonly displayName: string;
  readonly policies: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly roleName: string;
  readonly issueTimeMilliseconds: number;
  readonly creationTtlSeconds: number;
  readonly expireTimeMilliseconds: number;
  readonly boundCidrs: readonly string[];
}

export function sealBatch(cipher: BatchTokenCipher, body: BatchBody): string {
  return BATCH_PREFIX + cipher.seal(encodeRecord({ ...body })).toString("base64url");
}

/** Undefined for anything that no cluster of the set made. */
export function openBatch(cipher: BatchTokenCipher, token: string): BatchBody | undefined {
  if (token.length > BATCH_TOKEN_LENGTH_MAX || !/^hvb\.[\w-]+$/.test(token)) return undefined;
  const sealed = Buffer.from(token.slice(BATCH_PREFIX.length), "base64url");
  // One spelling per token: the last character has spare bits that decoding ignores.
  if (sealed.toString("base64url") !== token.slice(BATCH_PREFIX.length)) return undefined;
  const plaintext = cipher.open(sealed);
  if (plaintext === undefined) return undefined;
  try {
    const stored = StoredRecord.parse(plaintext, "batch token");
    return {
      parent: stored.text("parent"),
      path: stored.text("path"),
      displayName: stored.text("displayName"),
      policies: Object.freeze(stored.texts("policies")),
      metadata: stored.textMap("metadata"),
      roleName: stored.text("roleName"),
      issueTimeMilliseconds: stored.number("issueTimeMilliseconds"),
      creationTtlSeconds: stored.number("creationTtlSeconds"),
      expireTimeMilliseconds: stored.number("expireTimeMilliseconds"),
      boundCidrs: Object.freeze(stored.texts("boundCidrs")),
    };
  } catch (error) {
    if (isServerError(error, "corrupt")) return undefined;
    throw error;
  }
}

export function batchAcceptsAddress(body: BatchBody, remoteAddress: string): boolean {
  return addressFilter(body.boundCidrs)(remoteAddress);
}

export function batchFacts(body: BatchBody): TokenFacts {
  return Object.freeze({
    idHash: "",
    accessor: "",
    type: "batch",
    path: body.path,
    displayName: body.displayName,
    policies: body.policies,
    metadata: body.metadata,
    entityId: "",
    orphan: body.parent === "",
    renewable: false,
    numUsesLeft: 0,
    creationTimeSeconds: Math.floor(body.issueTimeMilliseconds / 1000),
    expireTimeMilliseconds: body.expireTimeMilliseconds,
    boundCidrs: body.boundCidrs,
  });
}
