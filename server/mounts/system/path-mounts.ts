import { ServerError } from "../../sdk/errors";
import type { MountEntry, MountKind } from "../../sdk/mounts";
import type { Outcome } from "../../sdk/outcome";
import type { AnyPath } from "../../sdk/path";
import type { SystemContext } from "./context";
import { declare } from "./context";
import { configOf, configOfObject, mountBody, mountConfigFields, tuneBody } from "./mount-fields";

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
        run: ({ context, fields }) => ({
          kind: "data",
          data: mountBody(existing(context, kind, fields.path)),
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
        run: ({ context, fields }) => disable(context, fullPath(kind, fields.path)),
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
        run: ({ context, fields }) => {
          const entry = existing(context, kind, fields.path);
          const limits = context.ports.mounts.leaseLimits(entry.id);
          return { kind: "data", data: tuneBody(entry, limits), repeatAtTop: true };
        },
      },
      update: {
        summary: `Change the ${noun}'s configuration`,
        sudo: kind === "auth",
        run: async ({ context, fields }) => {
          await context.ports.mounts.tune(fullPath(kind, fields.path), {
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

function existing(context: SystemContext, kind: MountKind, path: string | undefined): MountEntry {
  const entry = context.ports.mounts.read(fullPath(kind, path));
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
async function disable(context: SystemContext, path: string): Promise<Outcome> {
  const { mounts, leases } = context.ports;
  const entry = mounts.read(path);
  if (entry === undefined) return { kind: "empty" };
  await leases.revokePrefix(entry.path, { sync: true, force: false });
  await mounts.disable(path);
  return { kind: "empty" };
}
