import { ServerError } from "../../sdk/errors";
import type { MountEntry } from "../../sdk/mounts";
import type { Outcome, ResponseData, ResponseValue } from "../../sdk/outcome";
import type { AnyPath } from "../../sdk/path";
import type { SystemContext } from "./context";
import { declare } from "./context";
import { mountBody } from "./mount-fields";

export const internalPaths: readonly AnyPath<SystemContext>[] = [
  declare({
    template: "internal/specs/openapi",
    summary: "OpenAPI description of the whole API.",
    fields: {
      generic_mount_paths: { type: "boolean", description: "Accepted and ignored.", default: false },
      context: { type: "string", description: "Accepted and ignored.", default: "" },
    },
    operations: {
      read: { summary: "Read the OpenAPI document", unauthenticated: true, run: ({ context }) => openApi(context) },
      update: { summary: "Read the OpenAPI document", unauthenticated: true, run: ({ context }) => openApi(context) },
    },
  }),
  declare({
    template: "internal/ui/mounts",
    summary: "Mounts to show before and after login.",
    fields: {},
    operations: {
      read: {
        summary: "List the visible mounts",
        unauthenticated: true,
        run: ({ context, request }) => visibleMounts(context, request.clientToken),
      },
    },
  }),
  declare({
    template: "internal/ui/mounts/{path...}",
    summary: "The mount that serves a path.",
    fields: { path: { type: "string", description: "A path inside the mount.", required: true } },
    operations: {
      read: {
        summary: "Read what serves a path, if the caller may do anything there",
        unauthenticated: true,
        run: ({ context, fields, request }) => mountOf(context, fields.path, request.clientToken),
      },
    },
  }),
];

function openApi(context: SystemContext): Outcome {
  const { text } = context.ports.openApi();
  const body = typeof text === "string" ? Buffer.from(text, "utf8") : text;
  return { kind: "raw", status: 200, contentType: "application/json", body };
}

/** Policies of the presented token; undefined for a token that is dead or none at all. */
async function policiesOf(context: SystemContext, token: string): Promise<readonly string[] | undefined> {
  if (token === "") return undefined;
  return (await context.ports.tokens.lookup({ kind: "token", token }))?.policies;
}

async function visibleMounts(context: SystemContext, token: string): Promise<Outcome> {
  const policies = await policiesOf(context, token);
  const secret = await rows(context, context.ports.mounts.list("secret"), "", policies);
  const auth = await rows(context, context.ports.mounts.list("auth"), "auth/", policies);
  return { kind: "data", data: { auth, secret } };
}

async function rows(
  context: SystemContext,
  entries: readonly MountEntry[],
  prefix: string,
  policies: readonly string[] | undefined,
): Promise<ReadonlyMap<string, ResponseValue>> {
  const shown = new Map<string, ResponseValue>();
  for (const entry of entries) {
    const isPublic = entry.config.listingVisibility === "unauth";
    const isOpen = policies !== undefined && (await mayReach(context, policies, entry, ""));
    if (!isPublic && !isOpen) continue;
    shown.set(entry.path.slice(prefix.length), isOpen ? mountBody(entry) : publicBody(entry));
  }
  return shown;
}

function publicBody(entry: MountEntry): ResponseData {
  const { type, description, options } = entry;
  return { type, description, options: options.size === 0 ? null : options };
}

/** One answer for what is not there and what may not be seen. */
async function mountOf(context: SystemContext, path: string, token: string): Promise<Outcome> {
  const policies = await policiesOf(context, token);
  const entry = context.ports.mounts.matching(path);
  const relative = entry === undefined ? "" : path.slice(entry.path.length);
  if (policies === undefined || entry === undefined || !(await mayReach(context, policies, entry, relative))) {
    throw new ServerError(
      "permission_denied",
      `preflight capability check returned 403, please ensure client's policies grant access to the path`,
    );
  }
  return { kind: "data", data: { ...mountBody(entry), path: entry.path } };
}

/** Whether any policy lets the caller do anything at the place, in either of the layouts that clients have in mind. */
async function mayReach(
  context: SystemContext,
  policies: readonly string[],
  entry: MountEntry,
  relative: string,
): Promise<boolean> {
  for (const part of [relative, `data/${relative}`, `metadata/${relative}`]) {
    const capabilities = await context.ports.access.capabilities(policies, `${entry.path}${part}`);
    if (!capabilities.includes("deny")) return true;
  }
  return false;
}
