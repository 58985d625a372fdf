import type { ClusterIdentity } from "../sdk/barrier";
import { ByteReader, ByteWriter } from "../sdk/binary";
import type { Random } from "../sdk/random";

/**
 * Class `node`, and carried over to a new generation: a DR secondary that took its primary's id over could not be told apart
 * from it once both were promoted.
 */
export const IDENTITY_KEY = "core/cluster";

export function newIdentity(random: Random, configuredName: string | undefined): ClusterIdentity {
  const id = random.uuid();
  return { id, name: configuredName ?? `meridian-cluster-${id.slice(0, 8)}` };
}

export function encodeIdentity({ id, name }: ClusterIdentity): Buffer {
  return new ByteWriter().byte(1).text(id).text(name).finish();
}

/** The name in the configuration wins over the one that was made up. */
export function decodeIdentity(value: Buffer, configuredName: string | undefined): ClusterIdentity {
  const reader = new ByteReader(value);
  reader.byte();
  const id = reader.text();
  return { id, name: configuredName ?? reader.text() };
}
