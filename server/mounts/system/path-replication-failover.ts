import type { ReplicationMode } from "../../sdk/log";
import type { AnyPath } from "../../sdk/path";
import { declare, drOperationTokenField, type ReplicationContext } from "./path-replication-fields";

const SUMMARY = "What a promotion would cost now.";

const planPath = (mode: ReplicationMode): AnyPath<ReplicationContext> =>
  declare({
    template: `replication/${mode}/failover/plan`,
    summary: SUMMARY,
    fields: {},
    operations: {
      read: {
        summary: `Read what a failover of ${mode} replication would cost now, as this cluster knows it`,
        onDrSecondary: true,
        run: async ({ context }) => ({ kind: "data", data: await context.replication.failoverPlan(mode) }),
      },
    },
  });

/** sys/replication/.../failover/plan, and the same on a DR secondary for who has a DR operation token. */
export const failoverPaths: readonly AnyPath<ReplicationContext>[] = [
  planPath("performance"),
  planPath("dr"),
  declare({
    template: "replication/dr/secondary/failover/plan",
    summary: SUMMARY,
    fields: drOperationTokenField,
    operations: {
      update: {
        unauthenticated: true,
        onDrSecondary: true,
        summary: "Read what the promotion of this DR secondary would cost now",
        run: async ({ context: { replication }, fields, request }) => {
          await replication.requireDrOperationToken(fields.dr_operation_token, request.path);
          return { kind: "data", data: await replication.failoverPlan("dr") };
        },
      },
    },
  }),
];
