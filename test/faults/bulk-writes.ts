import type { FaultCluster } from "./fault-cluster";

export interface BulkWrites {
  readonly cluster: FaultCluster;
  readonly token: string;
  readonly count: number;
  readonly path: (at: number) => string;
  readonly body: (at: number) => unknown;
  /** Writes under way at once. */
  readonly width: number;
}

/** @returns what each write took, milliseconds. @throws for any that was not acknowledged */
export async function writeInBulk({ cluster, token, count, path, body, width }: BulkWrites): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const at = next++;
      const started = performance.now();
      await cluster.api.must("POST", path(at), body(at), { token });
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: width }, one));
  return times;
}

/** @returns the value that the given share of all lies below */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
