import type { ReplicationMode } from "../../sdk/log";
import type { AnyPath } from "../../sdk/path";
import type { UpdatePrimaryRequest } from "../../sdk/replication-admin";
import {
  changed,
  declare,
  forceField,
  primaryApiFields,
  primaryApiOf,
  primaryClusterAddressField,
  type ReplicationContext,
} from "./path-replication-fields";

export const activationTokenField = {
  token: {
    type: "secret",
    description: "Activation token from the primary's secondary-token.",
    required: true,
    sensitive: true,
    bytesMax: 64 * 1024,
  },
} as const;

export const updatePrimaryFields = {
  ...primaryApiFields,
  token: {
    type: "secret",
    description: 'Activation token of the new primary. "" forgets the primary and stays a secondary.',
    sensitive: true,
    bytesMax: 64 * 1024,
  },
  update_primary_addrs: {
    type: "string_list",
    description: "Cluster addresses to try in this order instead of a token.",
    default: [],
  },
} as const;

/** Turns the fields of update-primary into the request. */
export function updatePrimaryRequest(
  fields: Parameters<typeof primaryApiOf>[0] & {
    readonly token: Buffer | undefined;
    readonly update_primary_addrs: readonly string[];
  },
): UpdatePrimaryRequest {
  return { token: fields.token?.toString(), api: primaryApiOf(fields), addresses: fields.update_primary_addrs };
}

/** Becoming a secondary: an ordinary token of the cluster, in both modes. */
export const enableSecondaryPath = (mode: ReplicationMode, prefix: string): AnyPath<ReplicationContext> =>
  declare({
    template: `${prefix}secondary/enable`,
    summary: "Make this cluster a secondary: everything it holds is replaced by the primary's data.",
    fields: { ...primaryApiFields, ...activationTokenField },
    operations: {
      update: {
        summary: `Enable ${mode} replication as secondary`,
        responses: { 200: "accepted, with a warning", 400: "the token is wrong, used or expired" },
        run: async ({ context, fields }) =>
          changed(
            await context.replication.enableSecondary(mode, {
              token: fields.token.toString(),
              api: primaryApiOf(fields),
            }),
          ),
      },
    },
  });

/** For a cluster that cannot reach its primary's API. */
export const generatePublicKeyPath = (mode: ReplicationMode, prefix: string): AnyPath<ReplicationContext> =>
  declare({
    template: `${prefix}secondary/generate-public-key`,
    summary: "Make a key for which the primary can encrypt an activation token.",
    fields: {},
    operations: {
      update: {
        summary: `Make the key for a ${mode} activation token`,
        run: async ({ context: { replication } }) => ({
          kind: "data",
          data: { secondary_public_key: await replication.generatePublicKey(mode) },
        }),
      },
    },
  });

/** What only a performance secondary answers to an ordinary token. */
export function performanceSecondaryPaths(prefix: string): readonly AnyPath<ReplicationContext>[] {
  return [
    generatePublicKeyPath("performance", prefix),
    enableSecondaryPath("performance", prefix),
    promote(prefix),
    disable(prefix),
    updatePrimary(prefix),
  ];
}

const promote = (prefix: string): AnyPath<ReplicationContext> =>
  declare({
    template: `${prefix}secondary/promote`,
    summary: "Make this secondary the primary.",
    fields: { ...primaryClusterAddressField, ...forceField },
    operations: {
      update: {
        summary: "Promote a performance secondary",
        responses: { 200: "promoted, with a warning", 503: "still catching up" },
        run: async ({ context, fields }) =>
          changed(
            await context.replication.promoteSecondary("performance", {
              primaryClusterAddress: fields.primary_cluster_addr,
              force: fields.force,
              acceptPartialRepair: fields.accept_partial_repair,
            }),
          ),
      },
    },
  });

const disable = (prefix: string): AnyPath<ReplicationContext> =>
  declare({
    template: `${prefix}secondary/disable`,
    summary: "Leave the replication set; the data stays.",
    fields: {},
    operations: {
      update: {
        summary: "Disable performance replication on the secondary",
        run: async ({ context }) => changed(await context.replication.disableSecondary("performance")),
      },
    },
  });

const updatePrimary = (prefix: string): AnyPath<ReplicationContext> =>
  declare({
    template: `${prefix}secondary/update-primary`,
    summary: "Follow another primary of the same set; nothing is wiped.",
    fields: updatePrimaryFields,
    operations: {
      update: {
        summary: "Change the primary of a performance secondary",
        run: async ({ context, fields }) =>
          changed(await context.replication.updatePrimary("performance", updatePrimaryRequest(fields))),
      },
    },
  });
