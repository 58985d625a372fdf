import type { ListOptions } from "../../sdk/storage";

export interface KeyRange {
  readonly start: Buffer;
  /** Exclusive; absent: to the last key. */
  readonly end?: Buffer;
  readonly limit: number;
}

/** The range of keys that start with `prefix`, strictly after `after`; undefined where it must be empty. */
export function keyRange(prefix: string, { after, limit }: ListOptions): KeyRange | undefined {
  if (limit <= 0) return undefined;
  const first = Buffer.from(prefix === "" ? "\0" : prefix);
  const afterBytes = after === undefined ? undefined : Buffer.from(`${after}\0`);
  const start = afterBytes !== undefined && Buffer.compare(afterBytes, first) > 0 ? afterBytes : first;
  const end = firstAfterPrefix(Buffer.from(prefix));
  if (end === undefined) return { start, limit };
  return Buffer.compare(start, end) < 0 ? { start, end, limit } : undefined;
}

/** UTF-8 has no byte 0xff, so the last byte can always be counted up. */
function firstAfterPrefix(prefix: Buffer): Buffer | undefined {
  const last = prefix.at(-1);
  if (last === undefined) return undefined;
  const end = Buffer.from(prefix);
  end[end.length - 1] = last + 1;
  return end;
}
