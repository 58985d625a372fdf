import type { ReplicationMode } from "../../sdk/log";
import type { AnyPath } from "../../sdk/path";
import {
  changed,
  declare,
  primaryClusterAddressField,
  type ReplicationContext,
  secondaryIdField,
} from "./path-replication-fields";

const TOKEN_TTL_SECONDS = "30m";

/** The primary's role changes and membership under `prefix`, e.g. `replication/performance/`. */
export function primaryPaths(mode: ReplicationMode, prefix: string): readonly AnyPath<ReplicationContext>[] {
  return [
    enable(mode, prefix),
    demote(mode, prefix),
    disable(mode, prefix),
    secondaryToken(mode, prefix),
    revokeSecondary(mode, prefix),
    overrideFence(mode, prefix),
  ];
}

const enable = (mode: ReplicationMode, prefix: string): AnyPath<ReplicationContext> =>
  declare({
    template: `${prefix}primary/enable`,
    summary: `Make this cluster the ${mode} primary of a new replication set.`,
    fields: primaryClusterAddressField,
    operations: {
      update: {
        summary: `Enable ${mode} replication as primary`,
        responses: { 200: "enabled, with a warning", 400: "replication is enabled already, or the address is wrong" },
        run: async ({ context, fields }) =>
          changed(
            await context.replication.enablePrimary(mode, { primaryClusterAddress: fields.primary_cluster_addr }),
          ),
      },
    },
  });

const demote = (mode: ReplicationMode, prefix: string): AnyPath<ReplicationContext> =>
  declare({
    template: `${prefix}primary/demote`,
    summary: "Turn the primary into a secondary that follows nobody until it is given a primary.",
    fields: {
      target: {
        type: "string",
        description:
          "Id of the secondary that takes over. Writes pause until it holds all of them, so none is lost; the call fails and writes go on when it does not get there.",
        bytesMax: 128,
      },
    },
    operations: {
      update: {
        summary: `Demote the ${mode} primary`,
        responses: { 200: "demoted, with a warning", 503: "the target did not catch up; still primary" },
        run: async ({ context, fields, request }) =>
          changed(await context.replication.demotePrimary(mode, { targetId: fields.target, signal: request.signal })),
      },
    },
  });

const disable = (mode: ReplicationMode, prefix: string): AnyPath<ReplicationContext> =>
  declare({
    template: `${prefix}primary/disable`,
    summary: "Stop replication and cut off all secondaries for good.",
    fields: {},
    operations: {
      update: {
        summary: `Disable ${mode} replication on the primary`,
        run: async ({ context }) => changed(await context.replication.disablePrimary(mode)),
      },
    },
  });

const secondaryToken = (mode: ReplicationMode, prefix: string): AnyPath<ReplicationContext> =>
  declare({
    template: `${prefix}primary/secondary-token`,
    summary: "Make the single-use token with which a cluster becomes a secondary of this one.",
    fields: {
      ...secondaryIdField,
      ttl: { type: "duration", description: "How long the token can be used.", default: TOKEN_TTL_SECONDS },
      secondary_public_key: {
        type: "string",
        description: "The secondary's generate-public-key: the token is then encrypted for it instead of wrapped.",
        default: "",
        bytesMax: 1_024,
      },
    },
    operations: {
      update: {
        summary: `Issue an activation token for a ${mode} secondary`,
        sudo: true,
        run: async ({ context: { replication }, fields, request }) => {
          const asked = { id: fields.id, ttlSeconds: fields.ttl, creationPath: request.path };
          const publicKey = fields.secondary_public_key;
          const warnings = replication.secondaryTokenWarnings(mode, publicKey !== "");
          if (publicKey === "") {
            return { kind: "wrapped", wrap: await replication.issueSecondaryToken(mode, asked), warnings };
          }
          const token = await replication.issueSealedSecondaryToken(mode, asked, publicKey);
          return { kind: "data", data: { token }, warnings };
        },
      },
    },
  });

const revokeSecondary = (mode: ReplicationMode, prefix: string): AnyPath<ReplicationContext> =>
  declare({
    template: `${prefix}primary/revoke-secondary`,
    summary: "Drop a secondary at once and for good.",
    fields: secondaryIdField,
    operations: {
      update: {
        summary: `Revoke a ${mode} secondary`,
        run: async ({ context, fields }) => {
          const warnings = await context.replication.revokeSecondary(mode, fields.id);
          return warnings.length === 0 ? { kind: "empty" } : changed(warnings);
        },
      },
    },
  });

const overrideFence = (mode: ReplicationMode, prefix: string): AnyPath<ReplicationContext> =>
  declare({
    template: `${prefix}primary/override-fence`,
    summary: "Acknowledge writes again although another cluster of the set was promoted.",
    fields: {},
    operations: {
      update: {
        summary: `Override the fence of a replaced ${mode} primary`,
        sudo: true,
        responses: { 200: "writes are acknowledged again, with a warning", 400: "the cluster is not fenced" },
        run: async ({ context }) => changed(await context.replication.overrideFence(mode)),
      },
    },
  });
