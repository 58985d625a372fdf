import { ServerError } from "../../sdk/errors";
import type { Outcome } from "../../sdk/outcome";
import type { RequestFacts } from "../../sdk/path";
import type { SystemContext } from "./context";
import { declare } from "./context";

const tokenField = {
  type: "string",
  description: "Wrapping token; the request's own token where it is left out.",
  sensitive: true,
  bytesMax: 8192,
} as const;

export const wrappingPaths = [
  declare({
    template: "wrapping/wrap",
    summary: "Put data under a single-use token.",
    fields: {},
    anyField: true,
    operations: {
      update: {
        summary: "Wrap the body of the request (needs X-Vault-Wrap-TTL)",
        run: ({ body, request }) => {
          if (request.wrapTtlSeconds !== undefined) return { kind: "data", data: body };
          throw new ServerError("invalid_request", "endpoint requires response wrapping to be used");
        },
      },
    },
  }),
  declare({
    template: "wrapping/unwrap",
    summary: "Get back what was wrapped.",
    fields: { token: tokenField },
    operations: {
      update: {
        summary: "Unwrap the answer, once",
        acceptsWrappingToken: true,
        run: async ({ context, fields, request }): Promise<Outcome> => {
          const { body } = await context.ports.wrapping.unwrap(spentToken(request, fields.token));
          return { kind: "raw", status: 200, contentType: "application/json", body };
        },
      },
    },
  }),
  declare({
    template: "wrapping/lookup",
    summary: "Where a wrapping token comes from.",
    fields: { token: tokenField },
    operations: {
      read: {
        summary: "Look at the request's own wrapping token",
        unauthenticated: true,
        run: ({ context, fields, request }) => lookup(context, fields.token, request),
      },
      update: {
        summary: "Look at a wrapping token without using it up",
        unauthenticated: true,
        run: ({ context, fields, request }) => lookup(context, fields.token, request),
      },
    },
  }),
  declare({
    template: "wrapping/rewrap",
    summary: "Move what was wrapped to a new token.",
    fields: { token: tokenField },
    operations: {
      update: {
        summary: "Rewrap the answer",
        acceptsWrappingToken: true,
        run: async ({ context, fields, request }): Promise<Outcome> => ({
          kind: "wrapped",
          wrap: await context.ports.wrapping.rewrap(spentToken(request, fields.token)),
        }),
      },
    },
  }),
];

/** Who came with a wrapping token alone can only spend that one: naming another takes a token of one's own. */
function spentToken(request: RequestFacts, named: string | undefined): string {
  const isNamed = named !== undefined && named !== "";
  if (request.token === undefined) return request.clientToken;
  return isNamed ? named : request.clientToken;
}

async function lookup(context: SystemContext, named: string | undefined, request: RequestFacts): Promise<Outcome> {
  const token = named === undefined || named === "" ? request.clientToken : named;
  if (token === "") throw new ServerError("invalid_request", 'missing "token" value in input');
  const found = await context.ports.wrapping.lookup(token);
  return {
    kind: "data",
    data: {
      creation_path: found.creationPath,
      creation_time: new Date(found.creationTimeMilliseconds).toISOString(),
      creation_ttl: found.creationTtlSeconds,
    },
  };
}
