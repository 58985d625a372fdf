import { ServerError } from "../../sdk/errors";
import type { Outcome, ResponseData } from "../../sdk/outcome";
import type { Call, FieldValues } from "../../sdk/path";
import type { ReplicationState } from "../../sdk/replication";
import type { SealStatus } from "../../sdk/seal";
import type { SystemContext } from "./context";
import { declare } from "./context";

const code = (state: string) =>
  ({ type: "integer", description: `Status to answer with when ${state}, 200 to 599.` }) as const;

const healthFields = {
  standbyok: { type: "boolean", description: "A standby answers as if it were active.", default: false },
  perfstandbyok: { type: "boolean", description: "The same for a performance standby.", default: false },
  activecode: code("the node is active"),
  standbycode: code("the node is a standby"),
  drsecondarycode: code("the cluster is a DR secondary"),
  performancestandbycode: code("the node is a performance standby"),
  haunhealthycode: code("a standby has lost its active node"),
  removedcode: code("the node was removed from its cluster"),
  sealedcode: code("the node is sealed"),
  uninitcode: code("the node is not initialised"),
} as const;

type HealthFields = FieldValues<typeof healthFields>;

export const healthPaths = [
  declare({
    template: "health",
    summary: "What a load balancer wants to know of this node.",
    description:
      "200 active, 429 standby, 472 DR secondary, 473 performance standby, 474 standby without active node, 501 not " +
      "initialised, 503 sealed, 530 removed. Each code can be replaced by a query parameter.",
    fields: healthFields,
    operations: {
      read: {
        summary: "Read the node's health",
        unauthenticated: true,
        whileSealed: true,
        onDrSecondary: true,
        unaudited: true,
        run: health,
      },
    },
  }),
  declare({
    template: "leader",
    summary: "The active node of this cluster.",
    fields: {},
    operations: {
      read: {
        summary: "Read which node is active",
        unauthenticated: true,
        onDrSecondary: true,
        unaudited: true,
        run: ({ context }) => ({ kind: "bare", status: 200, body: leader(context) }),
      },
    },
  }),
  declare({
    template: "ha-status",
    summary: "The nodes of this cluster.",
    fields: {},
    operations: {
      read: {
        summary: "Read the nodes of the cluster",
        onDrSecondary: true,
        run: ({ context }) => ({ kind: "data", data: { nodes: [node(context)] }, repeatAtTop: true }),
      },
    },
  }),
];

function health({ context, fields }: Call<SystemContext, HealthFields>): Outcome {
  checkCodes(fields);
  const status = context.ports.seal.status();
  const isOpen = status.initialized && !status.sealed;
  const state = isOpen ? context.replicationState() : undefined;
  return { kind: "bare", status: statusCode(status, state, fields), body: healthBody(context, status, state) };
}

function checkCodes(fields: HealthFields): void {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== "number" || (value >= 200 && value <= 599)) continue;
    throw new ServerError("invalid_request", `${name} must be a status from 200 to 599`);
  }
}

/** The order decides: what is sealed says nothing of its role, a DR secondary is one before it is active. */
function statusCode(status: SealStatus, state: ReplicationState | undefined, fields: HealthFields): number {
  if (!status.initialized) return fields.uninitcode ?? 501;
  if (status.sealed) return fields.sealedcode ?? 503;
  if (state?.dr === "secondary") return fields.drsecondarycode ?? 472;
  return fields.activecode ?? 200;
}

function healthBody(context: SystemContext, status: SealStatus, state: ReplicationState | undefined): ResponseData {
  const lastWal = state === undefined ? 0 : context.ports.log.lastIndex();
  const link = state === undefined ? undefined : context.ports.replicationHealth();
  return {
    initialized: status.initialized,
    sealed: status.sealed,
    standby: false,
    performance_standby: false,
    replication_performance_mode: state?.performance ?? "unknown",
    replication_dr_mode: state?.dr ?? "unknown",
    server_time_utc: Math.floor(context.clock.nowMilliseconds() / 1000),
    version: status.version,
    enterprise: false,
    cluster_name: status.clusterName,
    cluster_id: status.clusterId,
    last_wal: lastWal === 0 ? undefined : lastWal,
    echo_duration_ms: Math.round(link?.echoDurationMilliseconds ?? 0),
    clock_skew_ms: Math.round(link?.clockSkewMilliseconds ?? 0),
    replication_primary_canary_age_ms: Math.round(link?.canaryAgeMilliseconds ?? 0),
  };
}

/** This node, which never waits for an echo of itself. */
function node({ ports }: SystemContext): ResponseData {
  return {
    hostname: ports.node.hostname,
    api_address: ports.node.apiAddress,
    cluster_address: ports.node.clusterAddress,
    active_node: true,
    last_echo: null,
    version: ports.seal.status().version,
  };
}

/** One node is the whole cluster: it is its own leader whenever it is unsealed. */
function leader(context: SystemContext): ResponseData {
  return {
    ha_enabled: false,
    is_self: true,
    active_time: "0001-01-01T00:00:00Z",
    leader_address: context.ports.node.apiAddress,
    leader_cluster_address: context.ports.node.clusterAddress,
    performance_standby: false,
    performance_standby_last_remote_wal: 0,
    last_wal: context.ports.log.lastIndex(),
  };
}
