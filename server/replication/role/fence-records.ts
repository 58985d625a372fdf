import { stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import type { Lineage } from "../../sdk/log";
import { lineageData, readLineage } from "../stream/control-codec";
import { linkData, type PrimaryLink, readLink } from "./records";

const RECORD_LIMITS = { bytesMax: 1024 * 1024, depthMax: 6 };
/** Of each mode; an operator who has more has other troubles. */
export const CONFLICTS_MAX = 8;
/** As many histories as are kept, each as long as one may be. */
const CONFLICT_LIMITS = { bytesMax: 16 * 1024 * 1024, depthMax: 6, valuesMax: 400_000 };

/** The primary that this cluster followed until it was promoted: it has to be told that it was replaced. */
export interface FormerPrimary {
  readonly setId: string;
  /** Its own cluster; "" where this cluster never followed it. */
  readonly clusterId: string;
  readonly link: PrimaryLink;
  /** It knows; others that may have been promoted beside this cluster are still looked for. */
  readonly told: boolean;
}

/** Who told of another history. */
export interface ConflictWitness {
  /** "": nobody of this set came, it was met at that address. */
  readonly secondaryId: string;
  readonly clusterAddress: string;
  readonly seenAtMilliseconds: number;
}

/** The history of a cluster that was promoted beside this one, and who showed it: in the order in which they came. */
export interface LineageConflict {
  readonly lineage: Lineage;
  readonly witnesses: readonly ConflictWitness[];
}

export function encodeConflicts(conflicts: readonly LineageConflict[]): Buffer {
  const data = conflicts.map(({ lineage, witnesses }) => ({
    lineage: lineageData(lineage),
    witnesses: witnesses.map(({ secondaryId, clusterAddress, seenAtMilliseconds }) => ({
      secondary_id: secondaryId,
      cluster_addr: clusterAddress,
      seen_at: seenAtMilliseconds,
    })),
  }));
  return Buffer.from(stringifyJson({ version: 2, conflicts: data }));
}

export function decodeConflicts(bytes: Buffer): readonly LineageConflict[] {
  return JsonReader.parse(bytes, CONFLICT_LIMITS)
    .objects("conflicts")
    .map((reader) => ({
      lineage: readLineage(reader, "lineage"),
      // Version 1 kept the first alone.
      witnesses: reader.has("witnesses") ? reader.objects("witnesses").map(readWitness) : [readWitness(reader)],
    }));
}

function readWitness(reader: JsonReader): ConflictWitness {
  return {
    secondaryId: reader.text("secondary_id"),
    clusterAddress: reader.text("cluster_addr"),
    seenAtMilliseconds: reader.number("seen_at"),
  };
}

export function encodeFence(newer: Lineage): Buffer {
  return Buffer.from(stringifyJson({ version: 1, lineage: lineageData(newer) }));
}

export function decodeFence(bytes: Buffer): Lineage {
  return readLineage(JsonReader.parse(bytes, RECORD_LIMITS), "lineage");
}

export function encodeFormerPrimary({ setId, clusterId, link, told }: FormerPrimary): Buffer {
  return Buffer.from(stringifyJson({ version: 1, set_id: setId, cluster_id: clusterId, link: linkData(link), told }));
}

export function decodeFormerPrimary(bytes: Buffer): FormerPrimary {
  const reader = JsonReader.parse(bytes, RECORD_LIMITS);
  return {
    setId: reader.text("set_id"),
    clusterId: reader.text("cluster_id"),
    link: readLink(reader.child("link")),
    told: reader.has("told") && reader.boolean("told"),
  };
}
