import type { AnyPath } from "../../sdk/path";
import { ceremonyPaths } from "./ceremony-paths";
import { changed, declare, drOperationTokenField, type ReplicationContext } from "./path-replication-fields";

const PREFIX = "replication/dr/secondary/";

const STAYS_VALID =
  "This token was not made by share holders on this cluster, and is still valid: a batch token ends with its TTL, a service token is revoked on the primary.";

const remove = declare({
  template: `${PREFIX}operation-token/delete`,
  summary: "Revoke a DR operation token that share holders made.",
  fields: drOperationTokenField,
  operations: {
    update: {
      unauthenticated: true,
      onDrSecondary: true,
      summary: "Revoke the token",
      run: async ({ context: { replication }, fields, request }) => {
        await replication.requireDrOperationToken(fields.dr_operation_token, request.path);
        const revoked = await replication.drOperationTokens.revoke(fields.dr_operation_token);
        return revoked ? { kind: "empty" } : changed([STAYS_VALID]);
      },
    },
  },
});

/** How a DR operation token is made and revoked on the DR secondary itself. The ceremony needs a token with access, too. */
export const operationTokenPaths: readonly AnyPath<ReplicationContext>[] = [
  ...ceremonyPaths({
    attempts: [`${PREFIX}generate-operation-token/attempt`],
    update: `${PREFIX}generate-operation-token/update`,
    product: "DR operation token",
    onDrSecondary: true,
    ceremonyOf: ({ replication }: ReplicationContext) => replication.drOperationTokens.ceremony,
  }),
  remove,
];
