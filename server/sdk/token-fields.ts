import { checkCidrs } from "./cidr";
import { ServerError } from "./errors";
import type { AuthGrant, ResponseData } from "./outcome";
import type { FieldDeclarations, FieldValues } from "./path";
import { loginPolicyNames } from "./policy-names";
import type { StoredRecord } from "./stored-record";

/** What every auth method lets an operator say about the tokens its logins give. */
export const tokenFields = {
  token_policies: { type: "string_list", description: "Names of the policies that tokens get." },
  token_ttl: { type: "duration", description: "Lifetime of tokens at login and renewal; 0: the mount's default." },
  token_max_ttl: { type: "duration", description: "Longest lifetime of tokens over all renewals; 0: the mount's." },
  token_explicit_max_ttl: {
    type: "duration",
    description: "Hard bound on the lifetime, also of periodic tokens; 0: none.",
  },
  token_period: {
    type: "duration",
    description: "Makes tokens periodic: each renewal lasts that long; 0: not periodic.",
  },
  token_num_uses: { type: "integer", description: "How often tokens may be used; 0: without limit." },
  token_no_default_policy: { type: "boolean", description: "Leaves the policy `default` out." },
  token_bound_cidrs: { type: "string_list", description: "Address blocks that tokens may be used from; empty: all." },
  token_type: {
    type: "string",
    description: "Kind of tokens.",
    allowed: ["", "default", "default-service", "default-batch", "service", "batch"],
  },
} as const satisfies FieldDeclarations;

const TOKEN_TYPES = ["default", "default-service", "default-batch", "service", "batch"] as const;

/** The fields' stored form. Durations in seconds, 0 = not set. */
export interface TokenParameters {
  readonly policies: readonly string[];
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly explicitMaxTtlSeconds: number;
  readonly periodSeconds: number;
  readonly numUses: number;
  readonly noDefaultPolicy: boolean;
  readonly boundCidrs: readonly string[];
  readonly tokenType: (typeof TOKEN_TYPES)[number];
}

export const NO_TOKEN_PARAMETERS: TokenParameters = Object.freeze({
  policies: [],
  ttlSeconds: 0,
  maxTtlSeconds: 0,
  explicitMaxTtlSeconds: 0,
  periodSeconds: 0,
  numUses: 0,
  noDefaultPolicy: false,
  boundCidrs: [],
  tokenType: "default",
});

/** Older names that some methods still take; the newer one wins. */
export interface TokenFieldAliases {
  readonly policies?: readonly string[] | undefined;
  readonly ttlSeconds?: number | undefined;
  readonly maxTtlSeconds?: number | undefined;
  readonly periodSeconds?: number | undefined;
  readonly boundCidrs?: readonly string[] | undefined;
}

/** What the request changes of `before`; a field that is not given stays. @throws invalid_request */
export function changedTokenParameters(
  before: TokenParameters,
  fields: FieldValues<typeof tokenFields>,
  aliases: TokenFieldAliases = {},
): TokenParameters {
  const policies = fields.token_policies ?? aliases.policies;
  const after: TokenParameters = {
    policies: policies === undefined ? before.policies : loginPolicyNames(policies),
    ttlSeconds: fields.token_ttl ?? aliases.ttlSeconds ?? before.ttlSeconds,
    maxTtlSeconds: fields.token_max_ttl ?? aliases.maxTtlSeconds ?? before.maxTtlSeconds,
    explicitMaxTtlSeconds: fields.token_explicit_max_ttl ?? before.explicitMaxTtlSeconds,
    periodSeconds: fields.token_period ?? aliases.periodSeconds ?? before.periodSeconds,
    numUses: fields.token_num_uses ?? before.numUses,
    noDefaultPolicy: fields.token_no_default_policy ?? before.noDefaultPolicy,
    boundCidrs: fields.token_bound_cidrs ?? aliases.boundCidrs ?? before.boundCidrs,
    tokenType: typeOf(fields.token_type) ?? before.tokenType,
  };
  checkTokenParameters(after);
  return after;
}

function typeOf(text: string | undefined): TokenParameters["tokenType"] | undefined {
  return text === "" ? "default" : TOKEN_TYPES.find((type) => type === text);
}

function checkTokenParameters(parameters: TokenParameters): void {
  const { ttlSeconds, maxTtlSeconds, tokenType } = parameters;
  checkCidrs(parameters.boundCidrs);
  if (parameters.numUses < 0) throw new ServerError("invalid_request", "'token_num_uses' cannot be negative");
  if (maxTtlSeconds > 0 && ttlSeconds > maxTtlSeconds) {
    throw new ServerError("invalid_request", "'token_ttl' cannot be greater than 'token_max_ttl'");
  }
  const batch = tokenType === "batch" || tokenType === "default-batch";
  if (batch && (parameters.numUses > 0 || parameters.periodSeconds > 0)) {
    throw new ServerError("invalid_request", "'token_type' cannot be batch for periodic or use-limited tokens");
  }
}

/** The fields of a read answer. */
export function tokenParametersData(parameters: TokenParameters): ResponseData {
  return {
    token_bound_cidrs: parameters.boundCidrs,
    token_explicit_max_ttl: parameters.explicitMaxTtlSeconds,
    token_max_ttl: parameters.maxTtlSeconds,
    token_no_default_policy: parameters.noDefaultPolicy,
    token_num_uses: parameters.numUses,
    token_period: parameters.periodSeconds,
    token_policies: parameters.policies,
    token_ttl: parameters.ttlSeconds,
    token_type: parameters.tokenType,
  };
}

export function decodeTokenParameters(stored: StoredRecord): TokenParameters {
  return {
    policies: stored.texts("policies"),
    ttlSeconds: stored.number("ttlSeconds"),
    maxTtlSeconds: stored.number("maxTtlSeconds"),
    explicitMaxTtlSeconds: stored.number("explicitMaxTtlSeconds"),
    periodSeconds: stored.number("periodSeconds"),
    numUses: stored.number("numUses"),
    noDefaultPolicy: stored.boolean("noDefaultPolicy"),
    boundCidrs: stored.texts("boundCidrs"),
    tokenType: stored.oneOf("tokenType", TOKEN_TYPES),
  };
}

/** What differs from login to login. */
export type LoginFacts = Pick<AuthGrant, "displayName" | "metadata" | "aliasName" | "internalData">;

export function loginGrant(parameters: TokenParameters, login: LoginFacts): AuthGrant {
  const { tokenType } = parameters;
  const type = tokenType === "default" ? "default" : tokenType.endsWith("batch") ? "batch" : "service";
  return {
    ...login,
    policies: parameters.policies,
    ttlSeconds: parameters.ttlSeconds,
    maxTtlSeconds: parameters.maxTtlSeconds,
    explicitMaxTtlSeconds: parameters.explicitMaxTtlSeconds,
    periodSeconds: parameters.periodSeconds,
    numUses: parameters.numUses,
    type,
    renewable: true,
    noDefaultPolicy: parameters.noDefaultPolicy,
    boundCidrs: parameters.boundCidrs,
  };
}
