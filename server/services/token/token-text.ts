import { constantTimeEqual, hmacSha256 } from "../../sdk/crypto";
import type { EpochIndex } from "../../sdk/replication";

export const SERVICE_PREFIX = "hvs.";

const VERSION = 1;
/** version 1, epoch 4, its cluster 16, index 6: then the token's own text, then the code. */
const HEAD_BYTES = 27;
const CODE_BYTES = 32;
const ID_BYTES = 24;
const BODY_BYTES = HEAD_BYTES + ID_BYTES + CODE_BYTES;
const TEXT_LENGTH = SERVICE_PREFIX.length + Math.ceil((BODY_BYTES * 4) / 3);
const CLUSTER_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const EPOCH_MAX = 2 ** 32 - 1;
const INDEX_MAX = 2 ** 48 - 1;

/** A token's own text, under whose hash it is stored, and the index at which it was. */
export interface CarriedToken {
  readonly id: string;
  readonly at: EpochIndex;
}

/**
 * A service token as clients get it: `hvs.` and base64url of version, epoch, index, the token's own text and the
 * HMAC-SHA256 of all of them; 115 characters. Whoever changes the index breaks the code: then the text is that of an
 * unknown token, for which nobody waits.
 * @param id `hvs.` and 24 characters
 * @param key known to this cluster and to its DR secondaries
 * @returns `id` itself where the index cannot be carried
 */
export function carryIndex(key: Buffer, { id, at }: CarriedToken): string {
  const { epoch, index } = at;
  const secret = Buffer.from(id.slice(SERVICE_PREFIX.length), "latin1");
  const isOurs = id.startsWith(SERVICE_PREFIX) && secret.length === ID_BYTES && CLUSTER_ID.test(epoch.clusterId);
  if (!isOurs || epoch.number > EPOCH_MAX || index > INDEX_MAX) return id;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(VERSION, 0);
  head.writeUInt32BE(epoch.number, 1);
  Buffer.from(epoch.clusterId.replaceAll("-", ""), "hex").copy(head, 5);
  head.writeUIntBE(index, 21, 6);
  const signed = Buffer.concat([head, secret]);
  return SERVICE_PREFIX + Buffer.concat([signed, hmacSha256(key, signed)]).toString("base64url");
}

/** Undefined for every text that this cluster, or the one that it was the DR secondary of, did not make. */
export function openCarried(key: Buffer, text: string): CarriedToken | undefined {
  if (text.length !== TEXT_LENGTH || !text.startsWith(SERVICE_PREFIX)) return undefined;
  const encoded = text.slice(SERVICE_PREFIX.length);
  const body = Buffer.from(encoded, "base64url");
  // One spelling per token: decoding ignores what is no base64url, and spare bits.
  if (body.length !== BODY_BYTES || body.toString("base64url") !== encoded) return undefined;
  const signed = body.subarray(0, HEAD_BYTES + ID_BYTES);
  if (!constantTimeEqual(hmacSha256(key, signed), body.subarray(HEAD_BYTES + ID_BYTES))) return undefined;
  if (signed.readUInt8(0) !== VERSION) return undefined;
  const hex = signed.toString("hex", 5, 21);
  const clusterId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return {
    id: SERVICE_PREFIX + signed.toString("latin1", HEAD_BYTES),
    at: { epoch: { number: signed.readUInt32BE(1), clusterId }, index: signed.readUIntBE(21, 6) },
  };
}
