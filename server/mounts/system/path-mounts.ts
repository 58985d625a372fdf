import { ServerError } from "../../sdk/errors";
import type { MountEntry, MountKind } from "../../sdk/mounts";
import type { Outcome } from "../../sdk/outcome";
import type { AnyPath, RequestFacts } from "../../sdk/path";
import type { SystemContext } from "./context";
import { declare } from "./context";
import { configOf, configOfObject, mountBody, mountConfigFields, tuneBody } from "./mount-fields";
import { requireReach } from "./secondary-reach";

const pathField = { type: "string", description: "Where it is mounted, without slash at the end." } as const;

const enableFields = {
  path: pathField,
  type: { type: "string", description: "Type of the engine or method: kv, userpass...", default: "" },
  description: { type: "string", description: "For people.", default: "", bytesMax: 4096 },
  config: { type: "object", description: "Lease limits, visibility and the like, as in tune." },
  options: { type: "key_value", description: "Options of the type (kv: version).", default: [] },
  local: { type: "boolean", description: "Neither replicated nor removed by replication.", default: false },
  seal_wrap: { type: "boolean", description: "Kept and shown.", default: false },
  external_entropy_access: { type: "boolean", description: "Accepted and ignored.", default: false },
  plugin_name: { type: "string", description: "Accepted and ignored.", deprecated: true },
  plugin_version: { type: "string", description: "Accepted and ignored.", deprecated: true },
} as const;

const tuneFields = {
  path: pathField,
  ...mountConfigFields,
  description: { type: "string", description: "For people.", bytesMax: 4096 },
  options: { type: "key_value", description: "Options of the type." },
  plugin_version: { type: "string", description: "Accepted and ignored.", deprecated: true },
  user_lockout_config: { type: "object", description: "Accepted and ignored." },
} as const;

const HALVES: readonly Half[] = [
  { kind: "secret", template: "mounts", noun: "secrets engine" },
  { kind: "auth", template: "auth", noun: "auth method" },
];

interface Half {
  readonly kind: MountKind;
  readonly template: string;
  readonly noun: string;
}

const tablePath = ({ kind, template, noun }: Half): AnyPath<SystemContext> =>
  declare({
    template,
    summary: `All ${noun}s.`,
    fields: {},
    operations: {
      read: {
        summary: `List the ${noun}s`,
        run: ({ context }) => tableOf(context.ports.mounts.list(kind), kind),
      },
    },
  });

const entryPath = ({ kind, template, noun }: Half): AnyPath<SystemContext> =>
  declare({
    template: `${template}/{path...}`,
    summary: `One ${noun}.`,
    fields: enableFields,
    operations: {
      read: {
        summary: `Read the ${noun}'s entry`,
        run: ({ context, fields, request }) => ({
          kind: "data",
          data: mountBody(existing(context, request, fullPath(kind, fields.path), kind)),
          repeatAtTop: true,
        }),
      },
      update: {
        summary: `Enable a ${noun}`,
        sudo: kind === "auth",
        run: async ({ context, fields }) => {
          const { type, options } = typeAndOptions(fields.type, fields.options);
          await context.ports.mounts.enable({
            kind,
            path: fullPath(kind, fields.path),
            type,
            description: fields.description,
            local: fields.local,
            sealWrap: fields.seal_wrap,
            options,
            config: configOfObject(fields.config),
          });
          return { kind: "empty" };
        },
      },
      delete: {
        summary: `Disable the ${noun} and remove its data`,
        sudo: kind === "auth",
        run: ({ context, fields, request }) => disable(context, request, fullPath(kind, fields.path), kind),
      },
    },
  });

const tunePath = ({ kind, template, noun }: Half): AnyPath<SystemContext> =>
  declare({
    template: `${template}/{path...}/tune`,
    summary: `Configuration of one ${noun}.`,
    fields: tuneFields,
    operations: {
      read: {
        summary: `Read the ${noun}'s configuration`,
        sudo: kind === "auth",
        run: ({ context, fields, request }) => {
          const entry = existing(context, request, fullPath(kind, fields.path), kind);
          const limits = context.ports.mounts.leaseLimits(entry.id);
          return { kind: "data", data: tuneBody(entry, limits), repeatAtTop: true };
        },
      },
      update: {
        summary: `Change the ${noun}'s configuration`,
        sudo: kind === "auth",
        run: async ({ context, fields, request }) => {
          const { path } = existing(context, request, fullPath(kind, fields.path), kind);
          await context.ports.mounts.tune(path, {
            description: fields.description,
            options: fields.options,
            config: configOf(fields),
          });
          return { kind: "empty" };
        },
      },
    },
  });

/** sys/mounts and sys/auth: the same paths over the two halves of one table. */
export const mountPaths: readonly AnyPath<SystemContext>[] = HALVES.flatMap((half) => [
  tablePath(half),
  entryPath(half),
  tunePath(half),
]);

function tableOf(entries: readonly MountEntry[], kind: MountKind): Outcome {
  const rows = entries.map((entry) => [shownPath(kind, entry.path), mountBody(entry)] as const);
  return { kind: "data", data: new Map(rows), repeatAtTop: true };
}

function shownPath(kind: MountKind, path: string): string {
  return kind === "auth" ? path.slice("auth/".length) : path;
}

function fullPath(kind: MountKind, path: string | undefined): string {
  return kind === "auth" ? `auth/${path ?? ""}` : (path ?? "");
}

/** Each half shows and changes its own mounts only: those of auth methods ask for `sudo`. */
function existing(context: SystemContext, request: RequestFacts, path: string, kind: MountKind): MountEntry {
  const entry = context.ports.mounts.read(path);
  requireReach(request, entry);
  if (entry !== undefined && entry.kind === kind) return entry;
  throw new ServerError(
    "invalid_request",
    kind === "auth" ? "No auth engine at the path" : "No secret engine mount at the path",
  );
}

/** `kv-v2` is how people write `kv` with `version=2`. */
function typeAndOptions(
  type: string,
  options: ReadonlyMap<string, string>,
): { readonly type: string; readonly options: ReadonlyMap<string, string> } {
  const version = /^kv-v([12])$/.exec(type)?.[1];
  return version === undefined
    ? { type, options }
    : { type: "kv", options: new Map([...options, ["version", version]]) };
}

/** Credentials that the mount gave out are taken back while it is still there to do that. */
async function disable(context: SystemContext, request: RequestFacts, path: string, kind: MountKind): Promise<Outcome> {
  const { mounts, leases } = context.ports;
  requireReach(request, mounts.read(path));
  const entry = mounts.removable(path);
  if (entry?.kind !== kind) return { kind: "empty" };
  await leases.revokePrefix(entry.path, { sync: true, force: false });
  await mounts.disable(entry.path);
  return { kind: "empty" };
}
