import type { DivergenceReports, ReplayCaller } from "../../sdk/divergence";
import { ServerError } from "../../sdk/errors";
import type { ReplicationMode } from "../../sdk/log";
import type { Outcome, ResponseData } from "../../sdk/outcome";
import type { AnyPath, RequestFacts } from "../../sdk/path";
import { declare, drOperationTokenField, type ReplicationContext } from "./path-replication-fields";

const LISTED_DEFAULT = 100;

const idField = {
  id: { type: "string", description: "Id of the report.", required: true, bytesMax: 64 },
} as const;
const pageFields = {
  after: { type: "string", description: "Paths behind this one.", bytesMax: 4_096 },
  limit: { type: "integer", description: "Paths in one answer, at most 1,000.", default: LISTED_DEFAULT },
} as const;
const pathField = {
  path: { type: "string", description: "One of the report's paths.", required: true, bytesMax: 4_096 },
} as const;
const replayFields = {
  paths: { type: "string_list", description: "The report's paths to write again, at most 1,000.", required: true },
  overwrite: {
    type: "boolean",
    description: "Also where it takes the place of something that the primary has and of which no version is kept.",
    default: false,
  },
} as const;

const SUMMARY = "Writes that only this cluster had when it was replaced as primary.";
const REPLAY_PATHS_MAX = 1_000;

function reports(divergence: DivergenceReports, mode: ReplicationMode): Outcome {
  return { kind: "data", data: { reports: divergence.list(mode) } };
}

function found(data: ResponseData | undefined): Outcome {
  return data === undefined ? { kind: "not_found" } : { kind: "data", data };
}

async function discard(divergence: DivergenceReports, mode: ReplicationMode, id: string): Promise<Outcome> {
  return (await divergence.discard(mode, id)) ? { kind: "empty" } : { kind: "not_found" };
}

async function replay(
  divergence: DivergenceReports,
  mode: ReplicationMode,
  fields: { readonly id: string; readonly paths: readonly string[]; readonly overwrite: boolean },
  caller: ReplayCaller,
): Promise<Outcome> {
  if (fields.paths.length > REPLAY_PATHS_MAX) throw new ServerError("invalid_request", "too many paths at once");
  return found(await divergence.replay(mode, fields.id, fields, caller));
}

function callerOf({ token, clientToken, remoteAddress, id, signal }: RequestFacts): ReplayCaller {
  return { token, clientToken, remoteAddress, requestId: id, signal };
}

/** For operators with a token of the cluster; on a DR secondary it is one of its primary's. */
function pathsOfMode(mode: ReplicationMode): readonly AnyPath<ReplicationContext>[] {
  const prefix = `replication/${mode}/divergence`;
  return [
    declare({
      template: prefix,
      summary: SUMMARY,
      fields: {},
      operations: {
        read: {
          summary: `List the divergence reports of ${mode} replication`,
          sudo: true,
          run: ({ context }) => reports(context.replication.divergence, mode),
        },
      },
    }),
    declare({
      template: `${prefix}/{id}`,
      summary: SUMMARY,
      fields: { ...idField, ...pageFields },
      operations: {
        read: {
          summary: "Read a divergence report: the paths that were written, never what",
          sudo: true,
          run: async ({ context, fields }) => {
            const { after, limit } = fields;
            return found(await context.replication.divergence.read(mode, fields.id, { after, limit }));
          },
        },
        delete: {
          summary: "Discard a divergence report with everything that it keeps",
          sudo: true,
          run: ({ context, fields }) => discard(context.replication.divergence, mode, fields.id),
        },
      },
    }),
    declare({
      template: `${prefix}/{id}/entry`,
      summary: SUMMARY,
      fields: { ...idField, ...pathField },
      operations: {
        read: {
          summary: "Read what a divergence report keeps of one path",
          sudo: true,
          run: async ({ context, fields }) =>
            found(await context.replication.divergence.readEntry(mode, fields.id, fields.path)),
        },
      },
    }),
    declare({
      template: `${prefix}/{id}/replay`,
      summary: SUMMARY,
      fields: { ...idField, ...replayFields },
      operations: {
        update: {
          summary: "Write paths of a divergence report again, at the primary and with the caller's own rights",
          sudo: true,
          run: ({ context, fields, request }) =>
            replay(context.replication.divergence, mode, fields, callerOf(request)),
        },
      },
    }),
  ];
}

const PREFIX = "replication/dr/secondary/divergence";
/** As the other calls of a DR secondary: the DR operation token in the body is checked before anything else. */
const GUARDED = { unauthenticated: true, onDrSecondary: true } as const;

/** For who has a DR operation token. */
const guardedPaths: readonly AnyPath<ReplicationContext>[] = [
  declare({
    template: PREFIX,
    summary: SUMMARY,
    fields: drOperationTokenField,
    operations: {
      update: {
        ...GUARDED,
        summary: "List a DR secondary's divergence reports",
        run: async ({ context: { replication }, fields, request }) => {
          await replication.requireDrOperationToken(fields.dr_operation_token, request.path);
          return reports(replication.divergence, "dr");
        },
      },
    },
  }),
  declare({
    template: `${PREFIX}/{id}`,
    summary: SUMMARY,
    fields: { ...drOperationTokenField, ...idField, ...pageFields },
    operations: {
      update: {
        ...GUARDED,
        summary: "Read a DR secondary's divergence report",
        run: async ({ context: { replication }, fields, request }) => {
          await replication.requireDrOperationToken(fields.dr_operation_token, request.path);
          const { after, limit } = fields;
          return found(await replication.divergence.read("dr", fields.id, { after, limit }));
        },
      },
    },
  }),
  declare({
    template: `${PREFIX}/{id}/entry`,
    summary: SUMMARY,
    fields: { ...drOperationTokenField, ...idField, ...pathField },
    operations: {
      update: {
        ...GUARDED,
        summary: "Read what a DR secondary's divergence report keeps of one path",
        run: async ({ context: { replication }, fields, request }) => {
          await replication.requireDrOperationToken(fields.dr_operation_token, request.path);
          return found(await replication.divergence.readEntry("dr", fields.id, fields.path));
        },
      },
    },
  }),
  declare({
    template: `${PREFIX}/{id}/discard`,
    summary: SUMMARY,
    fields: { ...drOperationTokenField, ...idField },
    operations: {
      update: {
        ...GUARDED,
        summary: "Discard a DR secondary's divergence report",
        run: async ({ context: { replication }, fields, request }) => {
          await replication.requireDrOperationToken(fields.dr_operation_token, request.path);
          return discard(replication.divergence, "dr", fields.id);
        },
      },
    },
  }),
  declare({
    template: `${PREFIX}/{id}/replay`,
    summary: SUMMARY,
    fields: { ...drOperationTokenField, ...idField, ...replayFields },
    operations: {
      update: {
        ...GUARDED,
        summary: "Write paths of a DR secondary's divergence report again, with the token in X-Vault-Token",
        run: async ({ context: { replication }, fields, request }) => {
          await replication.requireDrOperationToken(fields.dr_operation_token, request.path);
          return replay(replication.divergence, "dr", fields, callerOf(request));
        },
      },
    },
  }),
];

/** sys/replication/.../divergence */
export const divergencePaths: readonly AnyPath<ReplicationContext>[] = [
  ...pathsOfMode("performance"),
  ...pathsOfMode("dr"),
  ...guardedPaths,
];
