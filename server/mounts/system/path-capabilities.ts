import { ServerError } from "../../sdk/errors";
import type { Outcome, ResponseValue } from "../../sdk/outcome";
import type { AnyPath } from "../../sdk/path";
import type { TokenSelector } from "../../sdk/token";
import type { SystemContext } from "./context";
import { declare } from "./context";

const PATHS_MAX = 1000;

const pathFields = {
  paths: { type: "string_list", description: "Paths to ask about.", default: [] },
  path: { type: "string_list", description: "Old name of paths.", default: [], deprecated: true },
} as const;

export const capabilityPaths: readonly AnyPath<SystemContext>[] = [
  declare({
    template: "capabilities-self",
    summary: "What the caller's token may do.",
    fields: { ...pathFields, token: { type: "secret", description: "Ignored: it is the caller's token that counts." } },
    operations: {
      update: {
        summary: "Ask for the capabilities of the caller",
        run: ({ context, fields, request }) =>
          answer(context, request.token?.policies ?? [], [...fields.paths, ...fields.path]),
      },
    },
  }),
  declare({
    template: "capabilities",
    summary: "What a token may do.",
    fields: { ...pathFields, token: { type: "string", description: "The token.", required: true, sensitive: true } },
    operations: {
      update: {
        summary: "Ask for the capabilities of a token",
        run: async ({ context, fields }) => {
          const policies = await policiesOf(context, { kind: "token", token: fields.token });
          return answer(context, policies, [...fields.paths, ...fields.path]);
        },
      },
    },
  }),
  declare({
    template: "capabilities-accessor",
    summary: "What the token with an accessor may do.",
    fields: { ...pathFields, accessor: { type: "string", description: "Accessor of the token.", required: true } },
    operations: {
      update: {
        summary: "Ask for the capabilities of a token by its accessor",
        run: async ({ context, fields }) => {
          const policies = await policiesOf(context, { kind: "accessor", accessor: fields.accessor });
          return answer(context, policies, [...fields.paths, ...fields.path]);
        },
      },
    },
  }),
];

async function policiesOf(context: SystemContext, selector: TokenSelector): Promise<readonly string[]> {
  const found = await context.ports.tokens.lookup(selector);
  if (found === undefined) throw new ServerError("invalid_request", `invalid ${selector.kind}`);
  return found.policies;
}

/** One key for each path asked for; for a single path `capabilities` too. */
async function answer(context: SystemContext, policies: readonly string[], paths: readonly string[]): Promise<Outcome> {
  if (paths.length === 0) throw new ServerError("invalid_request", "paths must be supplied");
  if (paths.length > PATHS_MAX) throw new ServerError("invalid_request", `at most ${PATHS_MAX} paths can be asked for`);
  const rows = new Map<string, ResponseValue>();
  for (const path of paths) {
    const capabilities = await context.ports.access.capabilities(policies, path.startsWith("/") ? path.slice(1) : path);
    rows.set(path, capabilities);
    if (paths.length === 1) rows.set("capabilities", capabilities);
  }
  return { kind: "data", data: rows, repeatAtTop: true };
}
