import { stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import type { Lineage } from "../../sdk/log";
import { lineageData, readLineage } from "../stream/control-codec";
import { type ActivationNote, linkData, readLink } from "./records";

/** What a build needs to be taken up again after a restart, beside its own progress. */
export interface BuildNote extends ActivationNote {
  /** The set's history when the build began. */
  readonly lineage: Lineage;
  /** Whose snapshot it is; undefined before the first chunk. */
  readonly clusterId: string | undefined;
}

export function encodeBuildNote(note: BuildNote): Buffer {
  return Buffer.from(
    stringifyJson({
      mode: note.mode,
      set_id: note.setId,
      link: linkData(note.link),
      lineage: lineageData(note.lineage),
      cluster_id: note.clusterId,
    }),
  );
}

export function decodeBuildNote(bytes: Buffer): BuildNote {
  const reader = JsonReader.parse(bytes, { depthMax: 6 });
  return {
    mode: reader.text("mode") === "dr" ? "dr" : "performance",
    setId: reader.text("set_id"),
    link: readLink(reader.child("link")),
    lineage: readLineage(reader, "lineage"),
    clusterId: reader.optional("cluster_id", () => reader.text("cluster_id")),
  };
}
