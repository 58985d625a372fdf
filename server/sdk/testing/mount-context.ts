import type { JsonObject } from "../json";
import type { MountContext } from "../mount";
import type { Random } from "../random";
import type { ReplicationState } from "../replication";
import type { View } from "../view";
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
  return new FixedMountContext(options);
}

/** With methods and accessors on its prototype, as the server's own: a spread copy of it is not a context. */
class FixedMountContext implements TestMountContext {
  readonly mountId: string;
  readonly mountPath: string;
  readonly accessor: string;
  readonly local: boolean;
  readonly options: ReadonlyMap<string, string>;
  readonly barrier: MemoryBarrier;
  readonly clock: ManualClock;
  readonly random: Random;

  constructor(private readonly chosen: MountContextOptions) {
    this.mountId = chosen.mountId ?? "8f0c4b5e-7a39-4d9e-9a53-0d6f3a2b1c4d";
    this.mountPath = chosen.mountPath ?? "secret/";
    this.accessor = chosen.accessor ?? "test_accessor";
    this.local = chosen.local ?? false;
    this.options = new Map(Object.entries(chosen.options ?? {}));
    this.barrier = chosen.barrier ?? new MemoryBarrier();
    this.clock = chosen.clock ?? new ManualClock();
    this.random = chosen.random ?? seededRandom(1);
  }

  get storage(): View {
    return memoryView(this.local ? "local" : "replicated", this.mountId, this.barrier);
  }

  /** On a local mount both are class `local`: a part of its own keeps their keys apart. */
  get localStorage(): View {
    const view = memoryView("local", this.mountId, this.barrier);
    return this.local ? view.narrow("~local/") : view;
  }

  leaseLimits(): ReturnType<MountContext["leaseLimits"]> {
    return {
      defaultLeaseTtlSeconds: this.chosen.defaultLeaseTtlSeconds ?? 2_764_800,
      maxLeaseTtlSeconds: this.chosen.maxLeaseTtlSeconds ?? 2_764_800,
    };
  }

  replicationState(): ReplicationState {
    return this.chosen.replicationState ?? { performance: "disabled", dr: "disabled" };
  }

  callPrimary(name: string, payload: JsonObject): Promise<JsonObject> {
    if (this.chosen.callPrimary !== undefined) return this.chosen.callPrimary(name, payload);
    return Promise.reject(new Error(`the test gave no callPrimary, and ${name} was called`));
  }
}
