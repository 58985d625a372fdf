import type { Clock } from "../sdk/clock";
import { counter, type Metrics, summary } from "../sdk/metrics";
import type { Storage } from "../sdk/storage";

export const storageMetrics = {
  persist: summary({
    name: "wal.persistwals",
    unit: "milliseconds",
    meaning: "Time of a storage commit, data and log entries together, until it was durable.",
    where: "every node",
  }),
  failed: counter({
    name: "wal.persistwals.failed",
    unit: "commits",
    meaning: "Commits that the storage refused or failed.",
    where: "every node",
  }),
} as const;

/** The storage, its commits timed. Reads go through as they are. */
export function meteredStorage(storage: Storage, metrics: Metrics, clock: Clock): Storage {
  const duration = metrics.summary(storageMetrics.persist);
  const failed = metrics.counter(storageMetrics.failed);
  return {
    capabilities: storage.capabilities,
    read: (keys) => storage.read(keys),
    list: (prefix, options) => storage.list(prefix, options),
    scan: (prefix, options) => storage.scan(prefix, options),
    commit: async (batch) => {
      const began = clock.monotonicMilliseconds();
      try {
        const result = await storage.commit(batch);
        duration.observe(clock.monotonicMilliseconds() - began);
        return result;
      } catch (error) {
        failed.add();
        throw error;
      }
    },
    close: () => storage.close(),
  };
}
