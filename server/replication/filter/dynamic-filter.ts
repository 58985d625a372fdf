import { stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import { CORE_MOUNT_ID } from "../../sdk/key-layout";
import type { ClusterLog } from "../../sdk/log";
import type { PathsFilter } from "../../sdk/replication-admin";
import type { FrameChannel } from "../../sdk/transport";
import { filterAllows, type MountPathOf } from "./mount-scope";

/** Channel kind: a secondary asks which mounts its filter leaves out now; an empty request frame, one answer frame. */
export const DYNAMIC_FILTER_CHANNEL = "dynamic-filter";

const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Paths of the mounts that a filter leaves out now, sorted. */
export async function filteredMounts(
  log: ClusterLog,
  pathOf: MountPathOf,
  filter: PathsFilter | undefined,
): Promise<readonly string[]> {
  if (filter === undefined) return [];
  const paths: string[] = [];
  for (const { class: keyClass, mountId } of log.index.mounts()) {
    if (keyClass !== "replicated" || mountId === CORE_MOUNT_ID) continue;
    const path = await pathOf(mountId);
    if (path !== undefined && !filterAllows(filter, path)) paths.push(path);
  }
  return paths.sort();
}

export async function serveDynamicFilter(channel: FrameChannel, mounts: readonly string[]): Promise<void> {
  await channel.receive();
  await channel.send(Buffer.from(stringifyJson({ mounts })));
  await channel.receive();
}

export async function askDynamicFilter(channel: FrameChannel): Promise<readonly string[]> {
  await channel.send(Buffer.alloc(0));
  const answer = await channel.receive();
  channel.end();
  if (answer === undefined) throw new Error("the primary gave no answer");
  return JsonReader.parse(answer, { bytesMax: ANSWER_BYTES_MAX }).texts("mounts");
}
