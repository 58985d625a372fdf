import type { BootstrapMaterial } from "../../sdk/barrier";
import type { Lineage } from "../../sdk/log";
import { readLineage, writeLineage } from "./record-codec";
import { WireReader, WireWriter } from "./wire";

/** Channel kind: an empty request frame, one answer frame. */
export const BOOTSTRAP_CHANNEL = "bootstrap";

/** What a new secondary gets before any data. Binary, so that the root key never becomes a string. */
export interface BootstrapPackage {
  readonly material: BootstrapMaterial;
  readonly lineage: Lineage;
}

export function encodeBootstrap({ material, lineage }: BootstrapPackage): Buffer {
  const writer = new WireWriter().number(1).buffer(material.rootKey).buffer(material.keyring);
  const { shareSet } = material;
  if (shareSet === undefined) writer.number(0);
  else writer.number(1).number(shareSet.shares).number(shareSet.threshold).buffer(shareSet.wrappedRootKey);
  writeLineage(writer, lineage);
  return writer.finish();
}

/** The buffers are copies: the frame can be wiped. @throws MalformedFrame */
export function decodeBootstrap(frame: Buffer): BootstrapPackage {
  const reader = new WireReader(frame);
  if (reader.number() !== 1) throw new Error("bootstrap package of an unknown version");
  const rootKey = Buffer.from(reader.buffer());
  const keyring = Buffer.from(reader.buffer());
  const shareSet =
    reader.number() === 0
      ? undefined
      : { shares: reader.number(), threshold: reader.number(), wrappedRootKey: Buffer.from(reader.buffer()) };
  const lineage = readLineage(reader);
  reader.finish();
  return { material: { rootKey, keyring, shareSet }, lineage };
}
