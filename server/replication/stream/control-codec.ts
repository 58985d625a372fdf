import { stringifyJson } from "../../sdk/json";
import { JsonReader, JsonShapeError } from "../../sdk/json-reader";
import { isPlausible } from "../../sdk/lineage";
import type { Epoch, Lineage, LoggedClass, Origin, ReplicationMode, UpstreamCursor } from "../../sdk/log";
import type { ResponseData } from "../../sdk/outcome";

/** The first frame of a stream: who follows, from where, and what it knows of the set's history. */
export interface Hello {
  readonly protocol: number;
  readonly mode: ReplicationMode;
  readonly secondaryId: string;
  /** The secondary's own cluster. */
  readonly clusterId: string;
  readonly apiAddress: string;
  readonly clusterAddress: string;
  readonly lineage: Lineage;
  /** Of a promoted cluster that it has met, and whose content it does not hold yet. */
  readonly laterLineage?: Lineage;
  /** Where it stands; undefined: it only wants to know our history. */
  readonly cursor: UpstreamCursor | undefined;
  /** Checksums of what it holds in fact. */
  readonly checksums: UpstreamCursor["checksums"];
  /** Ids of the shared mounts that it holds anything of. */
  readonly mounts: readonly string[];
  /** Its operator gave it this primary: a history that branched off is to be given up. */
  readonly rejoins: boolean;
  /** It builds a new generation out of a snapshot; entries are replayed from the cursor without their deltas compared. */
  readonly building: boolean;
}

export interface Welcome {
  readonly clusterId: string;
  readonly apiAddress: string;
  readonly lineage: Lineage;
  /** `stream`: entries follow, after `index` of this cluster's log. `reconcile`: the log no longer reaches back far enough. */
  readonly action: "stream" | "reconcile" | "refuse";
  readonly index: number;
  readonly reason: string;
}

/** Both ways, every few seconds. From the primary it comes in order behind the entries, so it is the canary too. */
export interface Heartbeat {
  readonly epoch: Epoch;
  readonly sentAtMilliseconds: number;
  /** Wall clock and arrival of the peer's last heartbeat, for clock skew and round trip; 0 for none. */
  readonly echoSentAtMilliseconds: number;
  readonly echoHeldMilliseconds: number;
  /** Log index that everything before this frame reaches up to (primary), or that is applied (secondary). */
  readonly index: number;
  /** Where the log of its sender ends. */
  readonly logIndex: number;
  /** From a primary: how old the oldest entry is that comes behind this frame. From a secondary: of the last canary it has seen. */
  readonly canaryAgeMilliseconds: number;
  readonly apiAddress: string;
  /** Addresses at which the set's primary, now or after a failover, can be found. */
  readonly clusterAddresses: readonly string[];
}

/** The primary's checksums at `index`, stated when everything up to there was sent. */
export interface Checkpoint {
  readonly epoch: Epoch;
  readonly index: number;
  readonly checksums: UpstreamCursor["checksums"];
  readonly lineage: Lineage;
}

export const CONTROL_BYTES_MAX = 4 * 1024 * 1024;

function parse(payload: Buffer): JsonReader {
  return JsonReader.parse(payload, { bytesMax: CONTROL_BYTES_MAX, depthMax: 6 });
}

function toBytes(data: ResponseData): Buffer {
  return Buffer.from(stringifyJson(data));
}

function epochData(epoch: Epoch): ResponseData {
  return { number: epoch.number, cluster: epoch.clusterId };
}

export function readEpoch(reader: JsonReader): Epoch {
  return { number: reader.number("number"), clusterId: reader.text("cluster") };
}

function readOrigin(reader: JsonReader): Origin {
  return { clusterId: reader.text("cluster"), index: reader.number("index") };
}

export function lineageData(lineage: Lineage): readonly ResponseData[] {
  return lineage.map((step) => ({
    ...epochData(step.epoch),
    start: step.startIndex,
    after: step.after === undefined ? undefined : { cluster: step.after.clusterId, index: step.after.index },
  }));
}

export function readLineage(reader: JsonReader, name: string): Lineage {
  const lineage = reader.objects(name).map((step) => {
    const after = step.optional("after", () => readOrigin(step.child("after")));
    const known = { epoch: readEpoch(step), startIndex: step.number("start") };
    return after === undefined ? known : { ...known, after };
  });
  if (!isPlausible(lineage)) throw new JsonShapeError(name, "the history of a set");
  return lineage;
}

function checksumsData(checksums: Readonly<Record<LoggedClass, Buffer>>): ResponseData {
  return { replicated: checksums.replicated.toString("base64"), local: checksums.local.toString("base64") };
}

function readChecksums(reader: JsonReader): UpstreamCursor["checksums"] {
  return { replicated: reader.bytes("replicated"), local: reader.bytes("local") };
}

export function cursorData(cursor: UpstreamCursor): ResponseData {
  return {
    cluster: cursor.clusterId,
    epoch: epochData(cursor.epoch),
    index: cursor.index,
    checksums: checksumsData(cursor.checksums),
  };
}

export function readCursor(reader: JsonReader): UpstreamCursor {
  return {
    clusterId: reader.text("cluster"),
    epoch: readEpoch(reader.child("epoch")),
    index: reader.number("index"),
    checksums: readChecksums(reader.child("checksums")),
  };
}

export function encodeHello(hello: Hello): Buffer {
  return toBytes({
    ...hello,
    lineage: lineageData(hello.lineage),
    laterLineage: hello.laterLineage === undefined ? undefined : lineageData(hello.laterLineage),
    cursor: hello.cursor === undefined ? undefined : cursorData(hello.cursor),
    checksums: checksumsData(hello.checksums),
  });
}

export function decodeHello(payload: Buffer): Hello {
  const reader = parse(payload);
  const laterLineage = reader.optional("laterLineage", () => readLineage(reader, "laterLineage"));
  return {
    protocol: reader.number("protocol"),
    mode: reader.text("mode") === "dr" ? "dr" : "performance",
    secondaryId: reader.text("secondaryId"),
    clusterId: reader.text("clusterId"),
    apiAddress: reader.text("apiAddress"),
    clusterAddress: reader.text("clusterAddress"),
    lineage: readLineage(reader, "lineage"),
    ...(laterLineage === undefined ? {} : { laterLineage }),
    cursor: reader.optional("cursor", () => readCursor(reader.child("cursor"))),
    checksums: readChecksums(reader.child("checksums")),
    mounts: reader.texts("mounts"),
    rejoins: reader.boolean("rejoins"),
    building: reader.boolean("building"),
  };
}

export function encodeWelcome(welcome: Welcome): Buffer {
  return toBytes({ ...welcome, lineage: lineageData(welcome.lineage) });
}

export function decodeWelcome(payload: Buffer): Welcome {
  const reader = parse(payload);
  const action = reader.text("action");
  return {
    clusterId: reader.text("clusterId"),
    apiAddress: reader.text("apiAddress"),
    lineage: readLineage(reader, "lineage"),
    action: action === "stream" || action === "reconcile" ? action : "refuse",
    index: reader.number("index"),
    reason: reader.text("reason"),
  };
}

export function encodeHeartbeat(heartbeat: Heartbeat): Buffer {
  return toBytes({ ...heartbeat, epoch: epochData(heartbeat.epoch) });
}

export function decodeHeartbeat(payload: Buffer): Heartbeat {
  const reader = parse(payload);
  return {
    epoch: readEpoch(reader.child("epoch")),
    sentAtMilliseconds: reader.number("sentAtMilliseconds"),
    echoSentAtMilliseconds: reader.number("echoSentAtMilliseconds"),
    echoHeldMilliseconds: reader.number("echoHeldMilliseconds"),
    index: reader.number("index"),
    logIndex: reader.number("logIndex"),
    canaryAgeMilliseconds: reader.number("canaryAgeMilliseconds"),
    apiAddress: reader.text("apiAddress"),
    clusterAddresses: reader.texts("clusterAddresses").slice(0, ADDRESSES_MAX),
  };
}

/** Addresses that one side keeps of the other. */
export const ADDRESSES_MAX = 64;

export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  return toBytes({
    epoch: epochData(checkpoint.epoch),
    index: checkpoint.index,
    checksums: checksumsData(checkpoint.checksums),
    lineage: lineageData(checkpoint.lineage),
  });
}

export function decodeCheckpoint(payload: Buffer): Checkpoint {
  const reader = parse(payload);
  return {
    epoch: readEpoch(reader.child("epoch")),
    index: reader.number("index"),
    checksums: readChecksums(reader.child("checksums")),
    lineage: readLineage(reader, "lineage"),
  };
}
