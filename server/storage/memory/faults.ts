/**
 * What a simulator may do to a memory storage. Every hook is optional; without hooks the storage is a perfect disk.
 * Losing unsynced commits is not a hook: see `MemoryDisk.crash`.
 */
export interface MemoryFaults {
  /**
   * The time one sync takes: awaited between taking a group of commits and making it durable and visible. A rejection fails
   * each commit of the group with that error; nothing of them is written.
   */
  sync?(): Promise<void>;
  /** Bytes of keys and values the disk has room for now; a commit that would exceed them fails with StorageFull. */
  capacityBytes?(): number;
  /** Asked before every call; the error it answers, if any, is what the call fails with. */
  fail?(operation: "read" | "list" | "scan" | "commit"): Error | undefined;
  /** Sees every value on its way out and may answer another one: flipped bits, a block of zeros. Must not change `value`. */
  corrupt?(key: string, value: Buffer): Buffer;
}
