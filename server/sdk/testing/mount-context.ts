import type { JsonObject } from "../json";
import type { MountContext } from "../mount";
import type { Random } from "../random";
import type { ReplicationState } from "../replication";
import { ManualClock } from "./manual-clock";
import { MemoryBarrier, memoryView } from "./memory-view";
import { seededRandom } from "./seeded-random";

export interface MountContextOptions {
  readonly mountId?: string;
  readonly mountPath?: string;
  readonly accessor?: string;
  readonly local?: boolean;
  readonly options?: Readonly<Record<string, string>>;
  readonly barrier?: MemoryBarrier;
  readonly clock?: ManualClock;
  readonly random?: Random;
  readonly defaultLeaseTtlSeconds?: number;
  readonly maxLeaseTtlSeconds?: number;
  readonly replicationState?: ReplicationState;
  readonly callPrimary?: (name: string, payload: JsonObject) => Promise<JsonObject>;
}

export interface TestMountContext extends MountContext {
  readonly clock: ManualClock;
  readonly barrier: MemoryBarrier;
}

/** What a mount under test is given: memory views over one barrier, a clock that moves by hand, seeded randomness. */
export function mountContext(options: MountContextOptions = {}): TestMountContext {
  const barrier = options.barrier ?? new MemoryBarrier();
  const mountId = options.mountId ?? "8f0c4b5e-7a39-4d9e-9a53-0d6f3a2b1c4d";
  const local = options.local ?? false;
  return {
    mountId,
    mountPath: options.mountPath ?? "secret/",
    accessor: options.accessor ?? "test_accessor",
    local,
    options: new Map(Object.entries(options.options ?? {})),
    barrier,
    storage: memoryView(local ? "local" : "replicated", mountId, barrier),
    localStorage: memoryView("local", mountId, barrier),
    clock: options.clock ?? new ManualClock(),
    random: options.random ?? seededRandom(1),
    leaseLimits: () => ({
      defaultLeaseTtlSeconds: options.defaultLeaseTtlSeconds ?? 2_764_800,
      maxLeaseTtlSeconds: options.maxLeaseTtlSeconds ?? 2_764_800,
    }),
    replicationState: () => options.replicationState ?? { performance: "disabled", dr: "disabled" },
    callPrimary: options.callPrimary ?? refuseCall,
  };
}

function refuseCall(name: string): Promise<JsonObject> {
  return Promise.reject(new Error(`the test gave no callPrimary, and ${name} was called`));
}
