import type { ReplicationMode } from "../../sdk/log";
import type { AnyPath } from "../../sdk/path";
import {
  changed,
  declare,
  merkleReport,
  type ReplicationContext,
  recovered,
  reindexFields,
} from "./path-replication-fields";

const modeStatus = (mode: ReplicationMode): AnyPath<ReplicationContext> =>
  declare({
    template: `replication/${mode}/status`,
    summary: `State of ${mode} replication on this cluster.`,
    fields: {},
    operations: {
      read: {
        summary: `Read the state of ${mode} replication`,
        unauthenticated: true,
        onDrSecondary: true,
        unaudited: true,
        run: ({ context }) => ({ kind: "data", data: context.replication.status(mode) }),
      },
    },
  });

/** sys/replication/status, both modes' own, and recover. */
export const replicationStatusPaths: readonly AnyPath<ReplicationContext>[] = [
  declare({
    template: "replication/status",
    summary: "State of replication on this cluster, both modes.",
    fields: {},
    operations: {
      read: {
        summary: "Read the state of replication",
        unauthenticated: true,
        onDrSecondary: true,
        unaudited: true,
        run: ({ context: { replication } }) => ({
          kind: "data",
          data: { dr: replication.status("dr"), performance: replication.status("performance") },
        }),
      },
    },
  }),
  modeStatus("dr"),
  modeStatus("performance"),
  declare({
    template: "replication/recover",
    summary: "Connect to the primary again at once.",
    fields: {},
    operations: {
      update: {
        summary: "Kick a replication client that waits after an error",
        onDrSecondary: true,
        run: async ({ context: { replication } }) =>
          changed(recovered([...(await replication.recover("performance")), ...(await replication.recover("dr"))])),
      },
    },
  }),
  declare({
    template: "replication/merkle-check",
    summary: "Compare the replication index with what is stored.",
    fields: {},
    operations: {
      update: {
        summary: "Check the replication index for corruption",
        run: async ({ context: { replication } }) => merkleReport(await replication.merkleCheck()),
      },
    },
  }),
  declare({
    template: "replication/reindex",
    summary: "Make the replication index anew from what is stored. Writes wait meanwhile.",
    fields: reindexFields,
    operations: {
      update: {
        summary: "Make the replication index anew",
        sudo: true,
        run: async ({ context: { replication } }) => changed(await replication.reindex()),
      },
    },
  }),
];
