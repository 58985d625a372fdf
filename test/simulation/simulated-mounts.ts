import { type ApproleContext, openApprole } from "../../server/mounts/auth/approle/context";
import { approle } from "../../server/mounts/auth/approle/index";
import { primaryCalls } from "../../server/mounts/auth/approle/secret-id-store";
import { kv } from "../../server/mounts/secrets/kv/index";
import type { UnsealedCore } from "../../server/sdk/barrier";
import type { Clock } from "../../server/sdk/clock";
import { ServerError } from "../../server/sdk/errors";
import type { JsonObject } from "../../server/sdk/json";
import type { MountContext } from "../../server/sdk/mount";
import type { Random } from "../../server/sdk/random";
import type { ReplicationPort, ReplicationState } from "../../server/sdk/replication";
import { openMount } from "../../server/sdk/testing/call-path";
import type { View } from "../../server/sdk/view";

export const KV_MOUNT = "mount-kv-71d";
export const APPROLE_MOUNT = "mount-approle-2b8";
export const KV_PATH = "kv/";
export const APPROLE_PATH = "auth/approle/";

/** What the mounts of a cluster are opened on. */
export interface MountSurroundings {
  readonly core: UnsealedCore;
  readonly clock: Clock;
  readonly random: Random;
  replication(): ReplicationPort;
}

class SimulatedMountContext implements MountContext {
  readonly accessor = "accessor";
  readonly local = false;

  constructor(
    private readonly surroundings: MountSurroundings,
    readonly mountId: string,
    readonly mountPath: string,
    readonly options: ReadonlyMap<string, string>,
  ) {}

  get clock(): Clock {
    return this.surroundings.clock;
  }

  get random(): Random {
    return this.surroundings.random;
  }

  get storage(): View {
    return this.surroundings.core.barrier.view(`data/${this.mountId}/`, "replicated");
  }

  get localStorage(): View {
    return this.surroundings.core.barrier.view(`data/${this.mountId}/`, "local");
  }

  leaseLimits() {
    return { defaultLeaseTtlSeconds: 3_600, maxLeaseTtlSeconds: 86_400 };
  }

  replicationState(): ReplicationState {
    return this.surroundings.replication().state();
  }

  callPrimary(name: string, payload: JsonObject): Promise<JsonObject> {
    return this.surroundings.replication().callPrimary(this.mountId, name, payload);
  }
}

export type CallMount = ReturnType<typeof openMount>;

/** The production mounts of one opened cluster, called as its pipeline would. */
export class SimulatedMounts {
  readonly kv: CallMount;
  readonly approle: CallMount;
  private readonly approleContext: ApproleContext;

  constructor(surroundings: MountSurroundings) {
    const secrets = new SimulatedMountContext(surroundings, KV_MOUNT, KV_PATH, new Map([["version", "2"]]));
    const logins = new SimulatedMountContext(surroundings, APPROLE_MOUNT, APPROLE_PATH, new Map());
    this.approleContext = openApprole(logins);
    this.kv = openMount(kv, secrets);
    this.approle = openMount({ ...approle, open: () => this.approleContext }, logins);
  }

  /** As the router runs what a secondary asks its primary for. @throws ServerError */
  runPrimaryCall(mountId: string, name: string, payload: JsonObject): Promise<JsonObject> {
    const call = new Map(Object.entries(primaryCalls)).get(name);
    if (mountId !== APPROLE_MOUNT || call === undefined) throw new ServerError("invalid_request");
    return call(this.approleContext, payload);
  }
}
