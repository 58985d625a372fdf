import { ServerError } from "../../sdk/errors";
import type { Outcome, ResponseData } from "../../sdk/outcome";
import type { AnyPath } from "../../sdk/path";
import type { ReplicationAdmin } from "../../sdk/replication-admin";
import {
  changed,
  declare,
  drOperationTokenField,
  forceField,
  merkleReport,
  primaryClusterAddressField,
  type ReplicationContext,
  recovered,
  reindexFields,
} from "./path-replication-fields";
import { operationTokenPaths } from "./path-replication-operation-token";
import { primaryPaths } from "./path-replication-primary";
import {
  enableSecondaryPath,
  generatePublicKeyPath,
  updatePrimaryFields,
  updatePrimaryRequest,
} from "./path-replication-secondary";

const PREFIX = "replication/dr/";

/** No token of its own is looked at on a DR secondary: what changes something checks the DR operation token in the body first. */
const GUARDED = { unauthenticated: true, onDrSecondary: true } as const;

async function guarded(
  replication: ReplicationAdmin,
  token: Buffer,
  path: string,
  run: () => Promise<readonly string[]>,
): Promise<Outcome> {
  if (token.length === 0) throw new ServerError("invalid_request", "missing dr_operation_token");
  await replication.requireDrOperationToken(token, path);
  return changed(await run());
}

/** What dashboards ask for while a promotion is prepared. */
function ceremony(replication: ReplicationAdmin): ResponseData {
  const { progress, required, complete } = replication.drOperationTokens.ceremony.status(true);
  return { progress, required, complete };
}

const promote = declare({
  template: `${PREFIX}secondary/promote`,
  summary: "Make this DR secondary the primary.",
  // A read needs no token in its fields, so that the promotion itself looks for it.
  fields: {
    dr_operation_token: { ...drOperationTokenField.dr_operation_token, required: false, default: "" },
    ...primaryClusterAddressField,
    ...forceField,
  },
  operations: {
    read: {
      ...GUARDED,
      summary: "Read how far the share holders are with the token for it",
      run: ({ context: { replication } }) => ({ kind: "data", data: ceremony(replication), repeatAtTop: true }),
    },
    update: {
      ...GUARDED,
      summary: "Promote a DR secondary",
      responses: { 200: "promoted, with a warning", 403: "DR operation token not valid", 503: "still catching up" },
      run: ({ context: { replication }, fields, request }) =>
        guarded(replication, fields.dr_operation_token, request.path, () =>
          replication.promoteSecondary("dr", {
            primaryClusterAddress: fields.primary_cluster_addr,
            force: fields.force,
            acceptPartialRepair: fields.accept_partial_repair,
          }),
        ),
    },
  },
});

const disable = declare({
  template: `${PREFIX}secondary/disable`,
  summary: "Leave the replication set; the data stays.",
  fields: drOperationTokenField,
  operations: {
    update: {
      ...GUARDED,
      summary: "Disable DR replication on the secondary",
      run: ({ context: { replication }, fields, request }) =>
        guarded(replication, fields.dr_operation_token, request.path, () => replication.disableSecondary("dr")),
    },
  },
});

const updatePrimary = declare({
  template: `${PREFIX}secondary/update-primary`,
  summary: "Follow another primary of the same set; nothing is wiped.",
  fields: { ...drOperationTokenField, ...updatePrimaryFields },
  operations: {
    update: {
      ...GUARDED,
      summary: "Change the primary of a DR secondary",
      run: ({ context: { replication }, fields, request }) =>
        guarded(replication, fields.dr_operation_token, request.path, () =>
          replication.updatePrimary("dr", updatePrimaryRequest(fields)),
        ),
    },
  },
});

const recover = declare({
  template: `${PREFIX}secondary/recover`,
  summary: "Connect to the primary again at once.",
  fields: drOperationTokenField,
  operations: {
    update: {
      ...GUARDED,
      summary: "Kick a DR replication client that waits after an error",
      run: ({ context: { replication }, fields, request }) =>
        guarded(replication, fields.dr_operation_token, request.path, async () =>
          recovered(await replication.recover("dr")),
        ),
    },
  },
});

const merkleCheck = declare({
  template: `${PREFIX}secondary/merkle-check`,
  summary: "Compare a DR secondary's replication index with what is stored.",
  fields: drOperationTokenField,
  operations: {
    update: {
      ...GUARDED,
      summary: "Check a DR secondary's replication index for corruption",
      run: async ({ context: { replication }, fields, request }) => {
        await replication.requireDrOperationToken(fields.dr_operation_token, request.path);
        return merkleReport(await replication.merkleCheck());
      },
    },
  },
});

const reindex = declare({
  template: `${PREFIX}secondary/reindex`,
  summary: "Make a DR secondary's replication index anew from what is stored.",
  fields: { ...drOperationTokenField, ...reindexFields },
  operations: {
    update: {
      ...GUARDED,
      summary: "Make a DR secondary's replication index anew",
      run: ({ context: { replication }, fields, request }) =>
        guarded(replication, fields.dr_operation_token, request.path, () => replication.reindex()),
    },
  },
});

/** sys/replication/dr/... but for its status. */
export const drReplicationPaths: readonly AnyPath<ReplicationContext>[] = [
  ...primaryPaths("dr", PREFIX),
  generatePublicKeyPath("dr", PREFIX),
  enableSecondaryPath("dr", PREFIX),
  promote,
  disable,
  updatePrimary,
  recover,
  merkleCheck,
  reindex,
  ...operationTokenPaths,
];
