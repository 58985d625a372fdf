import type { Mount } from "../router/mount";
import type { AuditTrail } from "../sdk/audit";
import type { Clock } from "../sdk/clock";
import type { LeasePort } from "../sdk/lease";
import type { Logger } from "../sdk/logger";
import type { Metrics } from "../sdk/metrics";
import type { AccessChecker } from "../sdk/policy";
import type { Random } from "../sdk/random";
import type { ReplicationPort } from "../sdk/replication";
import type { SealPort } from "../sdk/seal";
import type { TokenAuthenticator } from "../sdk/token";
import type { WrappingPort } from "../sdk/wrapping";
import type { IndexHeader } from "./index-header";

/** What the pipeline needs of the router. */
export interface RoutePort {
  route(path: string): Mount | undefined;
  /** Settles once the table has caught up with the log; undefined: it has. */
  readonly pending: Promise<void> | undefined;
}

/** Everything the stages reach. The services behind it may be absent while sealed: no stage calls them then. */
export interface PipelinePorts {
  readonly router: RoutePort;
  readonly seal: Pick<SealPort, "isSealed">;
  readonly replication: ReplicationPort;
  readonly tokens: TokenAuthenticator;
  readonly access: AccessChecker;
  readonly audit: AuditTrail;
  readonly leases: LeasePort;
  readonly wrapping: WrappingPort;
  readonly indexHeader: IndexHeader;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}
