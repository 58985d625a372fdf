import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "../../server/sdk/storage";
import { openLmdbStorage } from "../../server/storage/lmdb";
import { openMemoryStorage } from "../../server/storage/memory";
import { MemoryDisk } from "../../server/storage/memory/disk";

/** A place that storages can be opened on, one after the other; its content outlives them. */
export interface StoragePlace {
  open(): Promise<Storage>;
  remove(): Promise<void>;
}

export interface StorageEngine {
  readonly name: string;
  place(): Promise<StoragePlace>;
}

/** One row per engine: the whole suite runs on each. */
export const storageEngines: readonly StorageEngine[] = [
  {
    name: "memory",
    place: async () => {
      const disk = new MemoryDisk();
      return { open: () => openMemoryStorage({ disk }), remove: async () => undefined };
    },
  },
  {
    name: "lmdb",
    place: async () => {
      const directory = await mkdtemp(join(tmpdir(), "meridian-storage-"));
      return {
        open: () => openLmdbStorage({ directory: join(directory, "data") }),
        remove: () => rm(directory, { recursive: true }),
      };
    },
  },
];
