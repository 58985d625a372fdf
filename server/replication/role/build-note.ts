import { stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import type { Lineage } from "../../sdk/log";
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

export function decodeBuildRecord(bytes: Buffer): BuildRecord {
  const reader = JsonReader.parse(bytes, { depthMax: 6 });
  return {
    mode: reader.text("mode") === "dr" ? "dr" : "performance",
    setId: reader.text("set_id"),
    link: readLink(reader.child("link")),
    lineage: readLineage(reader, "lineage"),
  };
}

/** The build's own progress is stored as it is, so its note holds no secret: only whose snapshot it is. */
export const BUILD_NOTES: SnapshotNotes = {
  clusterIdOf: (note) => (note.length === 0 ? undefined : note.toString()),
  withClusterId: (_note, clusterId) => Buffer.from(clusterId),
};
