import type { LogEntry, LogOperation, Origin, UpstreamCursor } from "../../sdk/log";
import {
  type Checkpoint,
  decodeCheckpoint,
  decodeHeartbeat,
  decodeHello,
  decodeWelcome,
  encodeCheckpoint,
  encodeHeartbeat,
  encodeHello,
  encodeWelcome,
  type Heartbeat,
  type Hello,
  type Welcome,
} from "./control-codec";
import {
  encodedEntries,
  readCursor,
  readEntry,
  readOperations,
  repeat,
  writeCursor,
  writeOperations,
} from "./record-codec";
import { MalformedFrame, WireReader, WireWriter } from "./wire";

/** Entries of the primary's log, in order, without what this secondary does not get. */
export interface EntriesFrame {
  readonly followsIndex: number;
  readonly entries: readonly LogEntry[];
  readonly cursor: UpstreamCursor;
  /** The entries' bytes, where they were encoded before. A frame that arrives has none. */
  readonly encoded?: Buffer;
}

/** Single keys brought to the primary's state; the last of a series carries the cursor that it ends at. */
export interface RepairFrame {
  readonly origin: Origin;
  readonly operations: readonly LogOperation[];
  readonly cursor: UpstreamCursor | undefined;
}

/** Everything that travels on the `stream` channel. */
export interface FrameBodies {
  readonly hello: Hello;
  readonly welcome: Welcome;
  readonly entries: EntriesFrame;
  readonly repair: RepairFrame;
  /** Mounts that this secondary may no longer hold. */
  readonly forget: { readonly mountIds: readonly string[] };
  readonly checkpoint: Checkpoint;
  readonly heartbeat: Heartbeat;
  /** Everything up to `index` of the primary's log is durable here; `bytes` are those that the window may count off. */
  readonly ack: { readonly index: number; readonly bytes: number };
  /** What the secondary holds is not what it should: it has to reconcile. */
  readonly diverged: { readonly reason: string };
}

export type StreamFrame = {
  readonly [Kind in keyof FrameBodies]: { readonly kind: Kind; readonly body: FrameBodies[Kind] };
}[keyof FrameBodies];

interface Codec<Body> {
  readonly code: number;
  write(writer: WireWriter, body: Body): void;
  read(payload: Buffer): Body;
}

const MOUNTS_MAX = 100_000;
const ENTRY_BYTES_MIN = 16;

/** One row per kind of frame. */
const CODECS: { readonly [Kind in keyof FrameBodies]: Codec<FrameBodies[Kind]> } = {
  hello: { code: 1, write: (writer, body) => writer.fixed(encodeHello(body)), read: decodeHello },
  welcome: { code: 2, write: (writer, body) => writer.fixed(encodeWelcome(body)), read: decodeWelcome },
  entries: { code: 3, write: encodeEntries, read: decodeEntries },
  repair: { code: 4, write: encodeRepair, read: decodeRepair },
  forget: { code: 5, write: encodeForget, read: decodeForget },
  checkpoint: { code: 6, write: (writer, body) => writer.fixed(encodeCheckpoint(body)), read: decodeCheckpoint },
  heartbeat: { code: 7, write: (writer, body) => writer.fixed(encodeHeartbeat(body)), read: decodeHeartbeat },
  ack: {
    code: 8,
    write: (writer, body) => writer.number(body.index).number(body.bytes),
    read: (payload) => {
      const reader = new WireReader(payload);
      return { index: reader.number(), bytes: reader.number() };
    },
  },
  diverged: {
    code: 9,
    write: (writer, body) => writer.text(body.reason.slice(0, 1_000)),
    read: (payload) => ({ reason: new WireReader(payload).text() }),
  },
};

const KIND_OF_CODE: ReadonlyMap<number, StreamFrame["kind"]> = new Map(
  (Object.keys(CODECS) as StreamFrame["kind"][]).map((kind) => [CODECS[kind].code, kind]),
);

export function encodeFrame<Kind extends keyof FrameBodies>(kind: Kind, body: FrameBodies[Kind]): Buffer {
  const codec: Codec<FrameBodies[Kind]> = CODECS[kind];
  const writer = new WireWriter().number(codec.code);
  codec.write(writer, body);
  return writer.finish();
}

/** @throws MalformedFrame, JsonError, JsonShapeError: the channel must be dropped */
export function decodeFrame(frame: Buffer): StreamFrame {
  const kind = KIND_OF_CODE.get(frame[0] ?? 0);
  if (kind === undefined) throw new MalformedFrame(`unknown kind ${frame[0]}`);
  return decodeBody(kind, frame.subarray(1));
}

function decodeBody(kind: StreamFrame["kind"], payload: Buffer): StreamFrame {
  switch (kind) {
    case "hello":
      return { kind, body: CODECS[kind].read(payload) };
    case "welcome":
      return { kind, body: CODECS[kind].read(payload) };
    case "entries":
      return { kind, body: CODECS[kind].read(payload) };
    case "repair":
      return { kind, body: CODECS[kind].read(payload) };
    case "forget":
      return { kind, body: CODECS[kind].read(payload) };
    case "checkpoint":
      return { kind, body: CODECS[kind].read(payload) };
    case "heartbeat":
      return { kind, body: CODECS[kind].read(payload) };
    case "ack":
      return { kind, body: CODECS[kind].read(payload) };
    case "diverged":
      return { kind, body: CODECS[kind].read(payload) };
  }
}

function encodeEntries(writer: WireWriter, frame: EntriesFrame): void {
  writer.number(frame.followsIndex);
  writeCursor(writer, frame.cursor);
  writer.number(frame.entries.length).fixed(frame.encoded ?? encodedEntries(frame.entries));
}

function decodeEntries(payload: Buffer): EntriesFrame {
  const reader = new WireReader(payload);
  const followsIndex = reader.number();
  const cursor = readCursor(reader);
  const entries = repeat(reader.count(ENTRY_BYTES_MIN), () => readEntry(reader));
  reader.finish();
  return { followsIndex, cursor, entries };
}

function encodeRepair(writer: WireWriter, frame: RepairFrame): void {
  writer.text(frame.origin.clusterId).number(frame.origin.index);
  writeOperations(writer, frame.operations);
  writer.number(frame.cursor === undefined ? 0 : 1);
  if (frame.cursor !== undefined) writeCursor(writer, frame.cursor);
}

function decodeRepair(payload: Buffer): RepairFrame {
  const reader = new WireReader(payload);
  const origin = { clusterId: reader.text(), index: reader.number() };
  const operations = readOperations(reader);
  const cursor = reader.number() === 0 ? undefined : readCursor(reader);
  reader.finish();
  return { origin, operations, cursor };
}

function encodeForget(writer: WireWriter, body: { readonly mountIds: readonly string[] }): void {
  writer.number(body.mountIds.length);
  for (const id of body.mountIds) writer.text(id);
}

function decodeForget(payload: Buffer): { readonly mountIds: readonly string[] } {
  const reader = new WireReader(payload);
  const count = reader.count(1);
  if (count > MOUNTS_MAX) throw new MalformedFrame("too many mounts");
  return { mountIds: repeat(count, () => reader.text()) };
}
