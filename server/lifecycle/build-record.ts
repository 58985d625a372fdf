import { readShareSet, writeShareSet } from "../barrier/seal/seal-record";
import type { BootstrapMaterial, BuildProgress } from "../sdk/barrier";
import { ByteReader, ByteWriter, MalformedRecord } from "../sdk/binary";
import type { ReplicationMode } from "../sdk/log";
import { corruptRecord } from "../sdk/record";

/** Node-class key of the generation in use: what an unfinished build needs to go on after a restart. */
export const BUILD_KEY = "core/generation-build";
const VERSION = 1;
const ROOT_KEY_BYTES = 32;

export interface BuildRecord {
  readonly generation: string;
  readonly mode: ReplicationMode;
  readonly bootstrap: BootstrapMaterial;
}

/** Holds the root key of the set: zero it once it was committed. */
export function encodeBuild({ generation, mode, bootstrap }: BuildRecord): Buffer {
  const writer = new ByteWriter(1024).byte(VERSION).text(generation).text(mode);
  writer.bytes(bootstrap.rootKey).bytes(bootstrap.keyring);
  writer.optional(bootstrap.shareSet, (set) => writeShareSet(writer, set));
  return writer.finish();
}

/** The root key is a copy. @throws `corrupt` */
export function decodeBuild(value: Buffer): BuildRecord {
  return decoded(value, BUILD_KEY, (reader) => {
    const generation = reader.text();
    const mode = readMode(reader);
    const rootKey = Buffer.allocUnsafeSlow(ROOT_KEY_BYTES);
    if (reader.bytes().copy(rootKey) !== ROOT_KEY_BYTES) throw new MalformedRecord("root key too short");
    const keyring = Buffer.from(reader.bytes());
    return { generation, mode, bootstrap: { rootKey, keyring, shareSet: reader.optional(() => readShareSet(reader)) } };
  });
}

export function encodeProgress({ after, importFinished, replayedIndex, note }: BuildProgress): Buffer {
  const writer = new ByteWriter().byte(VERSION);
  writer.optional(after, (place) => writer.text(place));
  return writer
    .byte(importFinished ? 1 : 0)
    .integer(replayedIndex)
    .bytes(note)
    .finish();
}

/** @throws `corrupt` */
export function decodeProgress(body: Buffer): BuildProgress {
  return decoded(body, "progress of a build", (reader) => ({
    after: reader.optional(() => reader.text()),
    importFinished: reader.byte() === 1,
    replayedIndex: reader.integer(),
    note: Buffer.from(reader.bytes()),
  }));
}

export const NO_PROGRESS: BuildProgress = {
  after: undefined,
  importFinished: false,
  replayedIndex: 0,
  note: Buffer.alloc(0),
};

function decoded<Value>(bytes: Buffer, what: string, read: (reader: ByteReader) => Value): Value {
  try {
    const reader = new ByteReader(bytes);
    if (reader.byte() !== VERSION) throw new MalformedRecord("unknown version");
    const value = read(reader);
    reader.end();
    return value;
  } catch (error) {
    if (error instanceof MalformedRecord) throw corruptRecord(what);
    throw error;
  }
}

function readMode(reader: ByteReader): ReplicationMode {
  const mode = reader.text();
  if (mode !== "performance" && mode !== "dr") throw new MalformedRecord("unknown mode");
  return mode;
}
