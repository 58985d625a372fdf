import { stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import type { Lineage } from "../../sdk/log";
import { lineageData, readLineage } from "../stream/control-codec";
import { linkData, type PrimaryLink, readLink } from "./records";

const RECORD_LIMITS = { bytesMax: 1024 * 1024, depthMax: 6 };

/** The primary that this cluster followed until it was promoted: it has to be told that it was replaced. */
export interface FormerPrimary {
  readonly setId: string;
  /** Its own cluster; "" where this cluster never followed it. */
  readonly clusterId: string;
  readonly link: PrimaryLink;
}

export function encodeFence(newer: Lineage): Buffer {
  return Buffer.from(stringifyJson({ version: 1, lineage: lineageData(newer) }));
}

export function decodeFence(bytes: Buffer): Lineage {
  return readLineage(JsonReader.parse(bytes, RECORD_LIMITS), "lineage");
}

export function encodeFormerPrimary({ setId, clusterId, link }: FormerPrimary): Buffer {
  return Buffer.from(stringifyJson({ version: 1, set_id: setId, cluster_id: clusterId, link: linkData(link) }));
}

export function decodeFormerPrimary(bytes: Buffer): FormerPrimary {
  const reader = JsonReader.parse(bytes, RECORD_LIMITS);
  return { setId: reader.text("set_id"), clusterId: reader.text("cluster_id"), link: readLink(reader.child("link")) };
}
