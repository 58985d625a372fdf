import { readShareSet, writeShareSet } from "../barrier/seal/seal-record";
import type { BootstrapMaterial, BuildProgress } from "../sdk/barrier";
import { ByteReader, ByteWriter } from "../sdk/binary";
import type { ReplicationMode } from "../sdk/log";

/** Node-class key of the generation in use: what an unfinished build needs to go on after a restart. */
export const BUILD_KEY = "core/generation-build";

export interface BuildRecord {
  readonly generation: string;
  readonly mode: ReplicationMode;
  readonly bootstrap: BootstrapMaterial;
}

/** Holds the root key of the set: zero it once it was committed. */
export function encodeBuild({ generation, mode, bootstrap }: BuildRecord): Buffer {
  const writer = new ByteWriter(1024).byte(1).text(generation).text(mode);
  writer.bytes(bootstrap.rootKey).bytes(bootstrap.keyring);
  writer.optional(bootstrap.shareSet, (set) => writeShareSet(writer, set));
  return writer.finish();
}

/** The root key is a copy. */
export function decodeBuild(value: Buffer): BuildRecord {
  const reader = new ByteReader(value);
  reader.byte();
  const generation = reader.text();
  const mode = reader.text() === "dr" ? "dr" : "performance";
  const rootKey = Buffer.allocUnsafeSlow(32);
  reader.bytes().copy(rootKey);
  const keyring = Buffer.from(reader.bytes());
  return { generation, mode, bootstrap: { rootKey, keyring, shareSet: reader.optional(() => readShareSet(reader)) } };
}

export function encodeProgress({ after, importFinished, replayedIndex, note }: BuildProgress): Buffer {
  const writer = new ByteWriter().byte(1);
  writer.optional(after, (place) => writer.text(place));
  return writer
    .byte(importFinished ? 1 : 0)
    .integer(replayedIndex)
    .bytes(note)
    .finish();
}

export function decodeProgress(body: Buffer): BuildProgress {
  const reader = new ByteReader(body);
  reader.byte();
  return {
    after: reader.optional(() => reader.text()),
    importFinished: reader.byte() === 1,
    replayedIndex: reader.integer(),
    note: Buffer.from(reader.bytes()),
  };
}

export const NO_PROGRESS: BuildProgress = {
  after: undefined,
  importFinished: false,
  replayedIndex: 0,
  note: Buffer.alloc(0),
};
