import type { Clock } from "../../sdk/clock";
import type { ClusterLog, Lineage, ReplicationMode } from "../../sdk/log";
import type { Logger } from "../../sdk/logger";
import type { MountScope } from "../filter/mount-scope";
import type { Hello } from "./control-codec";
import type { SharedBatches } from "./entry-batch";
import type { PeerFacts } from "./heartbeat-exchange";
import type { StreamLimits } from "./limits";
import type { Moment } from "./moment";
import type { ShippingMeter } from "./stream-metrics";

/** What a primary knows of one secondary's stream. Times of the primary's clock. */
export interface ShipperView {
  readonly secondaryId: string;
  readonly hello: Hello;
  readonly sentIndex: number;
  readonly appliedIndex: number;
  /** Sent and not acknowledged: at most the window and one frame. */
  readonly unacknowledgedBytes: number;
  /** What it holds was compared with what we hold since the stream began, and no mounts are being brought over: its acks count. */
  readonly verified: boolean;
  readonly peer: PeerFacts;
}

export interface ShipperDependencies {
  readonly mode: ReplicationMode;
  readonly log: ClusterLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: StreamLimits;
  readonly meter: ShippingMeter;
  /** Of all secondaries of the mode. */
  readonly unfiltered: SharedBatches;
  readonly apiAddress: string;
  lineage(): Lineage;
  /** The secondary's filter as it is now; a new object after each change. */
  scopeOf(secondaryId: string): MountScope;
  /** Whether the secondary ever had a filter, so that what it holds has to be compared. */
  wasFiltered(secondaryId: string): boolean;
  clusterAddresses(): readonly string[];
  /** A secondary's history shows that this cluster was replaced. */
  newerLineageSeen(lineage: Lineage): Promise<void>;
  isFenced(): boolean;
  /** The secondary was told that it cannot follow, for this reason. */
  refused(reason: string, hello: Hello): Promise<void>;
  /** The secondary was let in. */
  follows(hello: Hello): Promise<void>;
  /** The secondary agrees with our history. It said so after the moment. */
  agrees(saidAfter: Moment): void;
  /** The secondary has applied more. */
  progressed(view: ShipperView): void;
}
