import { stringifyJson } from "../../sdk/json";
import { JsonReader, JsonShapeError } from "../../sdk/json-reader";
import type { Lineage, ReplicationMode } from "../../sdk/log";
import { corruptRecord } from "../../sdk/record";
import { lineageData, readLineage } from "../stream/control-codec";
import type { SnapshotNotes } from "../stream/snapshot";
import { type ActivationNote, linkData, readLink } from "./records";

/** What a build needs to be taken up again after a restart, beside its own progress. Kept encrypted: it holds the link. */
export interface BuildRecord extends ActivationNote {
  /** The set's history when the build began. */
  readonly lineage: Lineage;
}

export function encodeBuildRecord(record: BuildRecord): Buffer {
  return Buffer.from(
    stringifyJson({
      mode: record.mode,
      set_id: record.setId,
      link: linkData(record.link),
      lineage: lineageData(record.lineage),
    }),
  );
}

/** @throws `corrupt` */
export function decodeBuildRecord(bytes: Buffer): BuildRecord {
  try {
    const reader = JsonReader.parse(bytes, { depthMax: 6 });
    return {
      mode: readMode(reader),
      setId: reader.text("set_id"),
      link: readLink(reader.child("link")),
      lineage: readLineage(reader, "lineage"),
    };
  } catch {
    throw corruptRecord("core/replication/build");
  }
}

function readMode(reader: JsonReader): ReplicationMode {
  const mode = reader.text("mode");
  if (mode !== "performance" && mode !== "dr") throw new JsonShapeError("mode", "a replication mode");
  return mode;
}

/** The build's own progress is stored as it is, so its note holds no secret: only whose snapshot it is. */
export const BUILD_NOTES: SnapshotNotes = {
  clusterIdOf: (note) => (note.length === 0 ? undefined : note.toString()),
  withClusterId: (_note, clusterId) => Buffer.from(clusterId),
};
