import { ServerError } from "../../../sdk/errors";
import type { Outcome, ResponseData } from "../../../sdk/outcome";
import { type FieldDeclarations, pathsOf } from "../../../sdk/path";
import { formatTimestamp } from "../../../sdk/timestamp";
import type { TokenDescription, TokenSelector } from "../../../sdk/token";
import { ownToken, type TokenMountContext } from "./context";

const declare = pathsOf<TokenMountContext>();

const tokenField = {
  token: { type: "string", description: "The token; default: the caller's.", sensitive: true },
} as const satisfies FieldDeclarations;

async function lookup(context: TokenMountContext, selector: TokenSelector): Promise<Outcome> {
  const found = await context.tokens.lookup(selector);
  if (found === undefined) {
    if (selector.kind === "accessor") throw new ServerError("permission_denied", "invalid accessor");
    throw new ServerError("permission_denied", "bad token");
  }
  return { kind: "data", data: dataOf(found, selector.kind === "token" ? selector.token : "") };
}

/** Members that clients expect always, and those that are there only where they say something. */
function dataOf(token: TokenDescription, id: string): ResponseData {
  const seconds = token.lastRenewalSeconds;
  return {
    accessor: token.accessor,
    bound_cidrs: token.boundCidrs.length === 0 ? undefined : token.boundCidrs,
    creation_time: token.creationTimeSeconds,
    creation_ttl: token.creationTtlSeconds,
    display_name: token.displayName,
    entity_id: token.entityId,
    expire_time: token.expireTimeMilliseconds === undefined ? null : formatTimestamp(token.expireTimeMilliseconds),
    explicit_max_ttl: token.explicitMaxTtlSeconds,
    id,
    issue_time: formatTimestamp(token.issueTimeMilliseconds),
    last_renewal: seconds === undefined ? undefined : formatTimestamp(seconds * 1000),
    last_renewal_time: seconds,
    meta: token.metadata.size === 0 ? null : token.metadata,
    num_uses: token.numUses,
    orphan: token.orphan,
    path: token.path,
    period: token.periodSeconds === 0 ? undefined : token.periodSeconds,
    policies: token.policies,
    renewable: token.renewable,
    role: token.roleName === "" ? undefined : token.roleName,
    ttl: token.ttlSeconds,
    type: token.type,
  };
}

export const lookupToken = declare({
  template: "lookup",
  summary: "Tells what a token is.",
  fields: tokenField,
  operations: {
    read: {
      summary: "Look a token up.",
      run: ({ context, request, fields }) => lookup(context, named(fields.token) ?? ownToken(request)),
    },
    update: {
      summary: "Look a token up.",
      run: ({ context, request, fields }) => lookup(context, named(fields.token) ?? ownToken(request)),
    },
  },
});

export const lookupSelf = declare({
  template: "lookup-self",
  summary: "Tells what the caller's token is.",
  fields: {},
  operations: {
    read: { summary: "Look oneself up.", run: ({ context, request }) => lookup(context, ownToken(request)) },
    update: { summary: "Look oneself up.", run: ({ context, request }) => lookup(context, ownToken(request)) },
  },
});

export const lookupAccessor = declare({
  template: "lookup-accessor",
  summary: "Tells what the token of an accessor is, without the token.",
  fields: { accessor: { type: "string", required: true, description: "Accessor of the token." } },
  operations: {
    update: {
      summary: "Look a token up by its accessor.",
      run: ({ context, fields }) => lookup(context, { kind: "accessor", accessor: fields.accessor }),
    },
  },
});

function named(token: string | undefined): TokenSelector | undefined {
  return token === undefined || token === "" ? undefined : { kind: "token", token };
}
