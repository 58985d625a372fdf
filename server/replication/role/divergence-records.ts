import type { MountFacts, Revocation } from "../../sdk/divergence";
import { stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import type { Epoch, LoggedClass, Origin, ReplicationMode } from "../../sdk/log";
import type { ResponseData } from "../../sdk/outcome";

/** Where another history leaves ours. */
export interface Fork {
  readonly ours: Epoch;
  readonly theirs: Epoch;
  /** The last that both hold, in the numbering of the cluster that both followed. */
  readonly common: Origin;
  /** Our own first entry after it where we were promoted then; undefined: we were not. */
  readonly ownStartIndex: number | undefined;
}

/** What is listed of one fork at most, and kept readable of all forks together. */
export const DIVERGENCE_LIMITS = { paths: 10_000, values: 20_000, valueBytes: 16 * 1024 * 1024 } as const;

/** Head of a report. */
export interface DivergenceReport {
  readonly id: string;
  readonly mode: ReplicationMode;
  readonly ours: Epoch;
  readonly theirs: Epoch;
  /** From our own log; or by comparing what both hold where our log was too short. */
  readonly source: "log" | "diff";
  readonly createdAtMilliseconds: number;
  /** Entries of our log, or (`diff`) keys that differed. */
  readonly writes: number;
  readonly paths: number;
  readonly keptValues: number;
  readonly keptBytes: number;
  /** Paths that are not listed, and values that are not kept, for want of room. */
  readonly unlistedPaths: number;
  readonly unkeptValues: number;
  readonly revocations: number;
  /** Something of ours could not be read for damage: there may be more than is listed. */
  readonly damaged: boolean;
}

/** One API path of a report. Times are 0 where only a diff tells of it. */
export interface DivergenceRow {
  readonly path: string;
  readonly class: LoggedClass;
  readonly mount: MountFacts | undefined;
  readonly puts: number;
  readonly deletes: number;
  readonly firstMilliseconds: number;
  readonly lastMilliseconds: number;
  /** Numbers of the kept states. */
  readonly states: readonly number[];
}

/** Last state of one stored key, relative to its mount's data. */
export interface DivergenceState {
  readonly key: string;
  readonly value: Buffer | undefined;
}

const LIMITS = { bytesMax: 32 * 1024 * 1024, depthMax: 8 };

export function encodeFork(fork: Fork): Buffer {
  const { ours, theirs, common, ownStartIndex } = fork;
  return Buffer.from(
    stringifyJson({ version: 1, ours: { ...ours }, theirs: { ...theirs }, common: { ...common }, ownStartIndex }),
  );
}

export function decodeFork(bytes: Buffer): Fork {
  const reader = JsonReader.parse(bytes, LIMITS);
  const common = reader.child("common");
  return {
    ours: readEpoch(reader.child("ours")),
    theirs: readEpoch(reader.child("theirs")),
    common: { clusterId: common.text("clusterId"), index: common.number("index") },
    ownStartIndex: reader.optional("ownStartIndex", () => reader.number("ownStartIndex")),
  };
}

export function encodeReport(report: DivergenceReport): Buffer {
  return Buffer.from(stringifyJson({ ...report, version: 1, ours: { ...report.ours }, theirs: { ...report.theirs } }));
}

export function decodeReport(bytes: Buffer): DivergenceReport {
  const reader = JsonReader.parse(bytes, LIMITS);
  return {
    id: reader.text("id"),
    mode: reader.text("mode") === "dr" ? "dr" : "performance",
    ours: readEpoch(reader.child("ours")),
    theirs: readEpoch(reader.child("theirs")),
    source: reader.text("source") === "log" ? "log" : "diff",
    createdAtMilliseconds: reader.number("createdAtMilliseconds"),
    writes: reader.number("writes"),
    paths: reader.number("paths"),
    keptValues: reader.number("keptValues"),
    keptBytes: reader.number("keptBytes"),
    unlistedPaths: reader.number("unlistedPaths"),
    unkeptValues: reader.number("unkeptValues"),
    revocations: reader.number("revocations"),
    damaged: reader.boolean("damaged"),
  };
}

export function encodeRows(rows: readonly DivergenceRow[]): Buffer {
  return Buffer.from(stringifyJson({ version: 1, rows: rows.map(rowData) }));
}

export function decodeRows(bytes: Buffer): readonly DivergenceRow[] {
  return JsonReader.parse(bytes, LIMITS).objects("rows").map(readRow);
}

function rowData({ mount, states, ...row }: DivergenceRow): ResponseData {
  const known = mount && { ...mount, options: [...mount.options].map(([name, value]) => [name, value]) };
  return { ...row, mount: known, states: states.map(String) };
}

function readRow(reader: JsonReader): DivergenceRow {
  return {
    path: reader.text("path"),
    class: reader.text("class") === "local" ? "local" : "replicated",
    mount: reader.optional("mount", () => readMount(reader.child("mount"))),
    puts: reader.number("puts"),
    deletes: reader.number("deletes"),
    firstMilliseconds: reader.number("firstMilliseconds"),
    lastMilliseconds: reader.number("lastMilliseconds"),
    states: reader.texts("states").map(Number),
  };
}

function readMount(reader: JsonReader): MountFacts {
  return {
    path: reader.text("path"),
    kind: reader.text("kind") === "auth" ? "auth" : "secret",
    type: reader.text("type"),
    options: new Map(reader.textPairs("options")),
  };
}

/** Length of the JSON head, the head, then the value as it is. */
export function encodeState({ key, value }: DivergenceState): Buffer {
  const head = Buffer.from(stringifyJson({ version: 1, key, deleted: value === undefined }));
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, value ?? Buffer.alloc(0)]);
}

export function decodeState(bytes: Buffer): DivergenceState {
  const end = 4 + bytes.readUInt32BE(0);
  const head = JsonReader.parse(bytes.subarray(4, end), LIMITS);
  return { key: head.text("key"), value: head.boolean("deleted") ? undefined : bytes.subarray(end) };
}

export function encodeRevocations(revocations: readonly Revocation[]): Buffer {
  return Buffer.from(stringifyJson({ version: 1, revocations: revocations.map((revocation) => ({ ...revocation })) }));
}

export function decodeRevocations(bytes: Buffer): readonly Revocation[] {
  return JsonReader.parse(bytes, LIMITS).objects("revocations").map(readRevocation);
}

function readRevocation(reader: JsonReader): Revocation {
  const kind = reader.text("kind");
  if (kind === "token") return { kind, hash: reader.text("hash"), alone: reader.boolean("alone") };
  if (kind === "lease") return { kind, leaseId: reader.text("leaseId") };
  if (kind !== "mount") throw new Error("revocation of an unknown kind");
  const payload = reader.child("payload");
  return {
    kind,
    mountId: reader.text("mountId"),
    call: reader.text("call"),
    payload: new Map(payload.names().map((name) => [name, payload.text(name)])),
  };
}

function readEpoch(reader: JsonReader): Epoch {
  return { number: reader.number("number"), clusterId: reader.text("clusterId") };
}
