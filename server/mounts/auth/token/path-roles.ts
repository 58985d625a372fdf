import { checkCidrs } from "../../../sdk/cidr";
import { ServerError } from "../../../sdk/errors";
import type { Outcome, ResponseData } from "../../../sdk/outcome";
import { type Call, type FieldDeclarations, type FieldValues, pathsOf } from "../../../sdk/path";
import { policyNames } from "../../../sdk/policy-names";
import type { TokenRole } from "../../../sdk/token";
import type { TokenMountContext } from "./context";

const declare = pathsOf<TokenMountContext>();

const TOKEN_TYPES = ["service", "batch", "default-service", "default-batch"] as const;

const roleFields = {
  role_name: { type: "string", required: true, description: "Name of the role." },
  allowed_policies: { type: "string_list", description: "Policies that tokens may have; empty: the caller's." },
  disallowed_policies: { type: "string_list", description: "Policies that tokens may not have." },
  allowed_policies_glob: { type: "string_list", description: "Patterns of allowed policies, with `*`." },
  disallowed_policies_glob: { type: "string_list", description: "Patterns of disallowed policies, with `*`." },
  orphan: { type: "boolean", description: "Whether tokens have no parent." },
  path_suffix: {
    type: "string",
    bytesMax: 128,
    description: "Ends the path that tokens show as where they were made.",
  },
  renewable: { type: "boolean", description: "Whether tokens can be renewed." },
  token_type: { type: "string", allowed: ["", ...TOKEN_TYPES], description: "Kind of tokens." },
  token_period: { type: "duration", description: "Makes tokens periodic." },
  period: { type: "duration", deprecated: true, description: "Old name of `token_period`." },
  token_explicit_max_ttl: { type: "duration", description: "Hard bound on the lifetime." },
  explicit_max_ttl: { type: "duration", deprecated: true, description: "Old name of `token_explicit_max_ttl`." },
  token_no_default_policy: { type: "boolean", description: "Leaves the policy `default` out." },
  token_num_uses: { type: "integer", description: "How often tokens may be used; 0: without limit." },
  token_bound_cidrs: { type: "string_list", description: "Address blocks that tokens may be used from." },
  bound_cidrs: { type: "string_list", deprecated: true, description: "Old name of `token_bound_cidrs`." },
} as const satisfies FieldDeclarations;

type RoleValues = FieldValues<typeof roleFields>;

function emptyRole(name: string): TokenRole {
  return {
    name,
    allowedPolicies: [],
    disallowedPolicies: [],
    allowedPoliciesGlob: [],
    disallowedPoliciesGlob: [],
    orphan: false,
    pathSuffix: "",
    renewable: true,
    tokenType: "default-service",
    periodSeconds: 0,
    explicitMaxTtlSeconds: 0,
    noDefaultPolicy: false,
    numUses: 0,
    boundCidrs: [],
  };
}

async function write({ context, fields }: Call<TokenMountContext, RoleValues>): Promise<Outcome> {
  const before = (await context.tokens.roles.read(fields.role_name)) ?? emptyRole(fields.role_name);
  const role = changedRole(before, fields);
  checkRole(role);
  await context.tokens.roles.write(role);
  return { kind: "empty" };
}

function changedRole(before: TokenRole, fields: RoleValues): TokenRole {
  const names = (given: readonly string[] | undefined, old: readonly string[]): readonly string[] =>
    given === undefined ? old : policyNames(given);
  return {
    name: before.name,
    allowedPolicies: names(fields.allowed_policies, before.allowedPolicies),
    disallowedPolicies: names(fields.disallowed_policies, before.disallowedPolicies),
    allowedPoliciesGlob: names(fields.allowed_policies_glob, before.allowedPoliciesGlob),
    disallowedPoliciesGlob: names(fields.disallowed_policies_glob, before.disallowedPoliciesGlob),
    orphan: fields.orphan ?? before.orphan,
    pathSuffix: fields.path_suffix ?? before.pathSuffix,
    renewable: fields.renewable ?? before.renewable,
    tokenType: TOKEN_TYPES.find((type) => type === fields.token_type) ?? before.tokenType,
    periodSeconds: fields.token_period ?? fields.period ?? before.periodSeconds,
    explicitMaxTtlSeconds: fields.token_explicit_max_ttl ?? fields.explicit_max_ttl ?? before.explicitMaxTtlSeconds,
    noDefaultPolicy: fields.token_no_default_policy ?? before.noDefaultPolicy,
    numUses: fields.token_num_uses ?? before.numUses,
    boundCidrs: fields.token_bound_cidrs ?? fields.bound_cidrs ?? before.boundCidrs,
  };
}

function checkRole(role: TokenRole): void {
  checkCidrs(role.boundCidrs);
  if (role.numUses < 0) throw new ServerError("invalid_request", "'token_num_uses' cannot be negative");
  if (role.pathSuffix !== "" && !/^[\w.@-]+$/.test(role.pathSuffix)) {
    throw new ServerError("invalid_request", "'path_suffix' is made of letters, digits and the characters _ - . @");
  }
  const batch = role.tokenType === "batch" || role.tokenType === "default-batch";
  if (batch && (role.periodSeconds > 0 || role.explicitMaxTtlSeconds > 0 || role.numUses > 0)) {
    throw new ServerError("invalid_request", "batch tokens have no period, explicit max TTL or number of uses");
  }
}

function dataOf(role: TokenRole): ResponseData {
  return {
    allowed_policies: role.allowedPolicies,
    allowed_policies_glob: role.allowedPoliciesGlob,
    disallowed_policies: role.disallowedPolicies,
    disallowed_policies_glob: role.disallowedPoliciesGlob,
    explicit_max_ttl: 0,
    name: role.name,
    orphan: role.orphan,
    path_suffix: role.pathSuffix,
    period: 0,
    renewable: role.renewable,
    token_bound_cidrs: role.boundCidrs,
    token_explicit_max_ttl: role.explicitMaxTtlSeconds,
    token_no_default_policy: role.noDefaultPolicy,
    token_num_uses: role.numUses,
    token_period: role.periodSeconds,
    token_type: role.tokenType,
  };
}

export const role = declare({
  template: "roles/{role_name}",
  summary: "A role: what tokens made through it may be.",
  fields: roleFields,
  exists: async ({ context, fields }) => (await context.tokens.roles.read(fields.role_name)) !== undefined,
  operations: {
    read: {
      summary: "Read a role.",
      run: async ({ context, fields }) => {
        const found = await context.tokens.roles.read(fields.role_name);
        return found === undefined ? { kind: "not_found" } : { kind: "data", data: dataOf(found) };
      },
    },
    create: { summary: "Make a role.", forward: true, run: write },
    update: { summary: "Change the given fields of a role.", forward: true, run: write },
    delete: {
      summary: "Delete a role.",
      forward: true,
      run: async ({ context, fields }) => {
        await context.tokens.roles.delete(fields.role_name);
        return { kind: "empty" };
      },
    },
  },
});

export const roles = declare({
  template: "roles",
  summary: "Lists roles.",
  fields: {},
  operations: {
    list: {
      summary: "List roles.",
      run: async ({ context }) => ({ kind: "list", keys: await context.tokens.roles.list() }),
    },
  },
});
