import type { ClusterClient } from "../client/cluster-client";
import { isUnavailable } from "../client/errors";
import { at, integerAt, textAt, textsAt } from "../client/json";
import { type Diagnostic, warningDiagnostic } from "../framework/diagnostics";
import { defineSchema } from "../framework/schema";
import { clusterAttribute } from "../resources/attributes";
import { dataSource } from "../resources/kit";

function modeAttributes<const D extends string>(description: D) {
  return {
    nested: "single",
    computed: true,
    nonNull: true,
    description,
    attributes: {
      mode: {
        type: "string",
        computed: true,
        nonNull: true,
        description:
          "`disabled`, `primary`, `secondary`, `bootstrapping`, or `unknown` while the cluster does not answer.",
      },
      state: {
        type: "string",
        computed: true,
        description: "`running`, or on a secondary `stream-wals`, `merkle-diff`, `merkle-sync`, `idle`.",
      },
      connection_state: {
        type: "string",
        computed: true,
        description: "Of a secondary's connection: `ready` when it is up.",
      },
      set_id: {
        type: "string",
        computed: true,
        description: "Identifier of the replication set, the same on all its members.",
      },
      secondary_id: {
        type: "string",
        computed: true,
        description: "Name under which the primary knows this secondary.",
      },
      primary_cluster_address: { type: "string", computed: true, description: "Address that secondaries dial." },
      known_secondaries: {
        type: { list: "string" },
        computed: true,
        description: "On a primary: names of all its secondaries.",
      },
      last_wal: { type: "integer", computed: true, description: "On a primary: index of its last write." },
      last_remote_wal: {
        type: "integer",
        computed: true,
        description: "On a secondary: index of the primary's last write that it has.",
      },
      merkle_root: {
        type: "string",
        computed: true,
        description: "Checksum over all that is replicated; equal on both sides when in step.",
      },
    },
  } as const;
}

const schema = defineSchema({
  description: "A cluster's replication status in both modes, as it is now. Needs no credentials.",
  attributes: {
    cluster: clusterAttribute,
    performance: modeAttributes("Performance replication."),
    dr: modeAttributes("Disaster recovery replication."),
  },
});

function modeOf(body: unknown, mode: "performance" | "dr") {
  const status = at(body, "data", mode);
  return {
    mode: textAt(status, "mode") ?? "disabled",
    state: textAt(status, "state") ?? null,
    connection_state: textAt(status, "connection_state") ?? null,
    set_id: textAt(status, "cluster_id") ?? null,
    secondary_id: textAt(status, "secondary_id") ?? null,
    primary_cluster_address: textAt(status, "primary_cluster_addr") ?? null,
    known_secondaries: textsAt(status, "known_secondaries"),
    last_wal: integerAt(status, "last_wal") ?? null,
    last_remote_wal: integerAt(status, "last_remote_wal") ?? null,
    merkle_root: textAt(status, "merkle_root") ?? null,
  };
}

/** A cluster that does not answer has a status too: a plan that would start it again must be possible. */
async function statusOf(
  cluster: ClusterClient,
): Promise<{ readonly body: unknown; readonly diagnostics: readonly Diagnostic[] }> {
  try {
    return { body: (await cluster.get("sys/replication/status", { token: null }))?.body, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof Error) || !isUnavailable(error)) throw error;
    const unknown = { data: { performance: { mode: "unknown" }, dr: { mode: "unknown" } } };
    return {
      body: unknown,
      diagnostics: [warningDiagnostic("The replication status is not known", `${error.message}.`)],
    };
  }
}

export const replicationStatus = dataSource({
  name: "meridian_replication_status",
  schema,
  async read({ config, session, ...caller }) {
    const cluster = await session.cluster(config.cluster, caller);
    const { body, diagnostics } = await statusOf(cluster);
    return { state: { ...config, performance: modeOf(body, "performance"), dr: modeOf(body, "dr") }, diagnostics };
  },
});
