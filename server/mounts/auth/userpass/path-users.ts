import { ServerError } from "../../../sdk/errors";
import type { Outcome } from "../../../sdk/outcome";
import { type Call, type FieldDeclarations, type FieldValues, pathsOf } from "../../../sdk/path";
import {
  changedTokenParameters,
  NO_TOKEN_PARAMETERS,
  tokenFields,
  tokenParametersData,
} from "../../../sdk/token-fields";
import type { UserpassContext } from "./context";
import { type PasswordHash, SALT_BYTES } from "./password";
import { deleteUser, type LoadedUser, pathName, readUser, writeUser } from "./user";

const declare = pathsOf<UserpassContext>();

const PASSWORD_BYTES_MAX = 1_024;
const USERS_LISTED_MAX = 100_000;

const username = {
  username: { type: "string", required: true, description: "Name of the user." },
} as const satisfies FieldDeclarations;

const password = {
  password: { type: "secret", bytesMax: PASSWORD_BYTES_MAX, description: "Password of the user." },
} as const satisfies FieldDeclarations;

const oldPolicies = {
  policies: { type: "string_list", deprecated: true, description: "Old name of `token_policies`." },
} as const satisfies FieldDeclarations;

const userFields = {
  ...username,
  ...password,
  ...tokenFields,
  ...oldPolicies,
  ttl: { type: "duration", deprecated: true, description: "Old name of `token_ttl`." },
  max_ttl: { type: "duration", deprecated: true, description: "Old name of `token_max_ttl`." },
  bound_cidrs: { type: "string_list", deprecated: true, description: "Old name of `token_bound_cidrs`." },
} as const satisfies FieldDeclarations;

async function write({ context, fields }: Call<UserpassContext, FieldValues<typeof userFields>>): Promise<Outcome> {
  const name = pathName(fields.username);
  const before = await readUser(context, name);
  const token = changedTokenParameters(before?.token ?? NO_TOKEN_PARAMETERS, fields, {
    policies: fields.policies,
    ttlSeconds: fields.ttl,
    maxTtlSeconds: fields.max_ttl,
    boundCidrs: fields.bound_cidrs,
  });
  const given = fields.password === undefined ? undefined : await hashed(context, fields.password);
  const stored = given ?? before?.password;
  if (stored === undefined) throw new ServerError("invalid_request", "missing password");
  await writeUser(context, name, { password: stored, token }, before?.revision ?? 0);
  return { kind: "empty" };
}

function hashed(context: UserpassContext, given: Buffer | undefined): Promise<PasswordHash> {
  if (given === undefined || given.length === 0) throw new ServerError("invalid_request", "missing password");
  return context.hasher.hash(given, context.random.bytes(SALT_BYTES));
}

async function existing(context: UserpassContext, name: string): Promise<LoadedUser> {
  const user = await readUser(context, pathName(name));
  if (user === undefined) throw new ServerError("invalid_request", "username does not exist");
  return user;
}

export const user = declare({
  template: "users/{username}",
  summary: "A user: a password, and what the tokens of its logins may do.",
  fields: userFields,
  exists: async ({ context, fields }) => (await readUser(context, pathName(fields.username))) !== undefined,
  operations: {
    create: { summary: "Make a user.", forward: true, run: write },
    update: { summary: "Change the given fields of a user.", forward: true, run: write },
    read: {
      summary: "Read what a user's tokens may do.",
      run: async ({ context, fields }) => {
        const found = await readUser(context, pathName(fields.username));
        if (found === undefined) return { kind: "not_found" };
        return { kind: "data", data: { ...tokenParametersData(found.token), policies: found.token.policies } };
      },
    },
    delete: {
      summary: "Delete a user.",
      forward: true,
      run: async ({ context, fields }) => {
        await deleteUser(context, pathName(fields.username));
        return { kind: "empty" };
      },
    },
  },
});

export const users = declare({
  template: "users",
  summary: "Lists users.",
  fields: {},
  operations: {
    list: {
      summary: "List users.",
      run: async ({ context }) => ({
        kind: "list",
        keys: await context.storage.list("user/", { limit: USERS_LISTED_MAX }),
      }),
    },
  },
});

export const userPassword = declare({
  template: "users/{username}/password",
  summary: "The password of a user.",
  fields: { ...username, ...password },
  operations: {
    update: {
      summary: "Set a user's password.",
      forward: true,
      run: async ({ context, fields }) => {
        const before = await existing(context, fields.username);
        const after = { ...before, password: await hashed(context, fields.password) };
        await writeUser(context, fields.username, after, before.revision);
        return { kind: "empty" };
      },
    },
  },
});

export const userPolicies = declare({
  template: "users/{username}/policies",
  summary: "The policies of a user's tokens.",
  fields: { ...username, ...oldPolicies, token_policies: tokenFields.token_policies },
  operations: {
    update: {
      summary: "Set a user's policies.",
      forward: true,
      run: async ({ context, fields }) => {
        const before = await existing(context, fields.username);
        const policies = fields.token_policies ?? fields.policies ?? [];
        const token = changedTokenParameters(before.token, noTokenFields, { policies });
        await writeUser(context, fields.username, { ...before, token }, before.revision);
        return { kind: "empty" };
      },
    },
  },
});

const noTokenFields: FieldValues<typeof tokenFields> = {
  token_policies: undefined,
  token_ttl: undefined,
  token_max_ttl: undefined,
  token_explicit_max_ttl: undefined,
  token_period: undefined,
  token_num_uses: undefined,
  token_no_default_policy: undefined,
  token_bound_cidrs: undefined,
  token_type: undefined,
};
