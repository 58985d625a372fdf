import type { Outcome } from "../../sdk/outcome";
import type { AnyPath } from "../../sdk/path";
import type { PathsFilter } from "../../sdk/replication-admin";
import { filteredPath } from "./filtered-path";
import { declare, type ReplicationContext, secondaryIdField } from "./path-replication-fields";

const PREFIX = "replication/performance/";

/** Names of the modes on the current path and on the one from before there was a choice of name. */
const SPELLINGS = {
  "paths-filter": { allow: "allow", deny: "deny" },
  "mount-filter": { allow: "whitelist", deny: "blacklist" },
} as const;

function filterPath(name: keyof typeof SPELLINGS): AnyPath<ReplicationContext> {
  const spelling = SPELLINGS[name];
  return declare({
    template: `${PREFIX}primary/${name}/{id}`,
    summary: "Which mounts a performance secondary gets.",
    fields: {
      ...secondaryIdField,
      mode: {
        type: "string",
        description: "Whether the paths are the only ones sent, or the ones not sent.",
        default: spelling.allow,
        allowed: [spelling.allow, spelling.deny],
      },
      paths: { type: "string_list", description: "Mount paths, e.g. secret/ or auth/userpass/.", default: [] },
    },
    operations: {
      read: {
        summary: "Read a secondary's filter",
        run: async ({ context, fields }) => answer(await context.replication.readPathsFilter(fields.id), spelling),
      },
      update: {
        summary: "Set a secondary's filter; what it may no longer hold is removed from it",
        run: async ({ context, fields }) => {
          const mode = fields.mode === spelling.deny ? "deny" : "allow";
          await context.replication.writePathsFilter(fields.id, { mode, paths: fields.paths.map(filteredPath) });
          return { kind: "empty" };
        },
      },
      delete: {
        summary: "Remove a secondary's filter: it gets everything",
        run: async ({ context, fields }) => {
          await context.replication.deletePathsFilter(fields.id);
          return { kind: "empty" };
        },
      },
    },
  });
}

function answer(
  filter: PathsFilter | undefined,
  spelling: (typeof SPELLINGS)["paths-filter" | "mount-filter"],
): Outcome {
  if (filter === undefined) return { kind: "not_found" };
  return { kind: "data", data: { mode: spelling[filter.mode], paths: filter.paths }, repeatAtTop: true };
}

function dynamicFilterPath(side: "primary" | "secondary"): AnyPath<ReplicationContext> {
  return declare({
    template: `${PREFIX}${side}/dynamic-filter/{id}`,
    summary: "What a filter amounts to now.",
    fields: secondaryIdField,
    operations: {
      read: {
        summary: "Read the mounts and namespaces that are filtered now",
        run: async ({ context, fields }) => {
          const filter = await context.replication.readDynamicFilter(side, fields.id);
          if (filter === undefined) return { kind: "not_found" };
          return {
            kind: "data",
            data: { dynamic_filtered_mounts: filter.mounts, dynamic_filtered_namespaces: filter.namespaces },
            repeatAtTop: true,
          };
        },
      },
    },
  });
}

/** Paths filters of performance secondaries, and what they amount to. */
export const replicationFilterPaths: readonly AnyPath<ReplicationContext>[] = [
  filterPath("paths-filter"),
  filterPath("mount-filter"),
  dynamicFilterPath("primary"),
  dynamicFilterPath("secondary"),
];
