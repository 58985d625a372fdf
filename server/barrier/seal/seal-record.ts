import type { ShareSet } from "../../sdk/barrier";
import { ByteReader, ByteWriter } from "../../sdk/binary";
import { ServerError } from "../../sdk/errors";
import type { WrappedRootKey } from "./seal-kind";

/** How this cluster's root key is kept; stored in clear, since all of it is ciphertext and numbers. */
export interface SealRecord {
  readonly type: "shamir" | "static";
  /** Unseal shares of `shamir` (always there), recovery shares of an automatic seal. */
  readonly shareSet: ShareSet | undefined;
  /** Automatic seals only. */
  readonly wrapped: WrappedRootKey | undefined;
}

const VERSION = 1;

export function encodeSealRecord({ type, shareSet, wrapped }: SealRecord): Buffer {
  const writer = new ByteWriter().byte(VERSION).text(type);
  writer.optional(shareSet, (set) => writeShareSet(writer, set));
  writer.optional(wrapped, ({ keyId, sealed }) => writer.text(keyId).bytes(sealed));
  return writer.finish();
}

export function decodeSealRecord(body: Buffer): SealRecord {
  const reader = new ByteReader(body);
  if (reader.byte() !== VERSION) throw new ServerError("corrupt", { detail: "unknown version of the seal record" });
  const type = reader.text();
  if (type !== "shamir" && type !== "static") throw new ServerError("corrupt", { detail: `unknown seal ${type}` });
  return {
    type,
    shareSet: reader.optional(() => readShareSet(reader)),
    wrapped: reader.optional(() => ({ keyId: reader.text(), sealed: Buffer.from(reader.bytes()) })),
  };
}

export function writeShareSet(writer: ByteWriter, set: ShareSet): void {
  writer.uint32(set.shares).uint32(set.threshold).bytes(set.wrappedRootKey);
}

export function readShareSet(reader: ByteReader): ShareSet {
  return {
    shares: reader.uint32(),
    threshold: reader.uint32(),
    wrappedRootKey: Buffer.from(reader.bytes()),
  };
}
