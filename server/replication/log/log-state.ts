import { ByteReader, ByteWriter } from "../../sdk/binary";
import { CHECKSUM_BYTES, zeroChecksum } from "../../sdk/checksum";
import { generationRecordPrefix } from "../../sdk/key-layout";
import type { Epoch, LoggedClass, ReplicationMode, UpstreamCursor } from "../../sdk/log";
import { decodeRecord, encodeRecord, type RecordKey } from "../../sdk/record";
import { readCursor, readEpoch, writeCursor, writeEpoch } from "./entry-codec";

/** What every commit of a generation writes beside its data. Immutable: a commit makes the next one. */
export interface LogState {
  readonly lastIndex: number;
  /** First entry that is stored; `lastIndex + 1` where none is. */
  readonly oldestIndex: number;
  readonly storedBytes: number;
  readonly checksums: Readonly<Record<LoggedClass, Buffer>>;
  readonly epochs: Readonly<Record<ReplicationMode, Epoch>>;
  readonly cursors: Readonly<Record<ReplicationMode, UpstreamCursor | undefined>>;
}

export function emptyState(clusterId: string): LogState {
  return {
    lastIndex: 0,
    oldestIndex: 1,
    storedBytes: 0,
    checksums: { replicated: zeroChecksum(), local: zeroChecksum() },
    epochs: { performance: { number: 0, clusterId }, dr: { number: 0, clusterId } },
    cursors: { performance: undefined, dr: undefined },
  };
}

export function stateKey(generation: string): string {
  return `${generationRecordPrefix(generation, "state")}log`;
}

export function encodeState(key: RecordKey, generation: string, state: LogState): Buffer {
  const writer = new ByteWriter();
  writer.integer(state.lastIndex).integer(state.oldestIndex).integer(state.storedBytes);
  writer.raw(state.checksums.replicated).raw(state.checksums.local);
  writeEpoch(writer, state.epochs.performance);
  writeEpoch(writer, state.epochs.dr);
  writer.optional(state.cursors.performance, (cursor) => writeCursor(writer, cursor));
  writer.optional(state.cursors.dr, (cursor) => writeCursor(writer, cursor));
  return encodeRecord(key, stateKey(generation), writer.finish());
}

/** @throws `corrupt` */
export function decodeState(key: RecordKey, generation: string, record: Buffer): LogState {
  const reader = new ByteReader(decodeRecord(key, stateKey(generation), record));
  const state: LogState = {
    lastIndex: reader.integer(),
    oldestIndex: reader.integer(),
    storedBytes: reader.integer(),
    checksums: {
      replicated: Buffer.from(reader.raw(CHECKSUM_BYTES)),
      local: Buffer.from(reader.raw(CHECKSUM_BYTES)),
    },
    epochs: { performance: readEpoch(reader), dr: readEpoch(reader) },
    cursors: {
      performance: reader.optional(() => readCursor(reader)),
      dr: reader.optional(() => readCursor(reader)),
    },
  };
  reader.end();
  return state;
}
