import { checkCidrs } from "../../../sdk/cidr";
import { ServerError } from "../../../sdk/errors";
import type { Outcome, ResponseData } from "../../../sdk/outcome";
import { type Call, type FieldDeclarations, type FieldValues, pathsOf } from "../../../sdk/path";
import {
  changedTokenParameters,
  NO_TOKEN_PARAMETERS,
  tokenFields,
  tokenParametersData,
} from "../../../sdk/token-fields";
import type { ApproleContext } from "./context";
import { type LoadedRole, type Role, readRole, removeRole, writeRole } from "./role";
import { removeAllSecretIds } from "./tidy";

const declare = pathsOf<ApproleContext>();

const ROLES_LISTED_MAX = 100_000;
const ROLE_ID_LENGTH_MAX = 256;

export const roleName = {
  role_name: { type: "string", required: true, description: "Name of the role, in the spelling it was made with." },
} as const satisfies FieldDeclarations;

const roleFields = {
  ...roleName,
  ...tokenFields,
  role_id: { type: "string", description: "Role id; default: a random one." },
  bind_secret_id: { type: "boolean", description: "Whether logins need a secret id; default true." },
  secret_id_bound_cidrs: { type: "string_list", description: "Address blocks that logins may come from." },
  bound_cidr_list: { type: "string_list", deprecated: true, description: "Old name of `secret_id_bound_cidrs`." },
  secret_id_num_uses: { type: "integer", description: "How often a secret id may be used; 0: without limit." },
  secret_id_ttl: { type: "duration", description: "Lifetime of secret ids; 0: without end." },
  local_secret_ids: {
    type: "boolean",
    description: "Keeps secret ids in the cluster that made them; only at creation.",
  },
  policies: { type: "string_list", deprecated: true, description: "Old name of `token_policies`." },
  period: { type: "duration", deprecated: true, description: "Old name of `token_period`." },
} as const satisfies FieldDeclarations;

type RoleValues = FieldValues<typeof roleFields>;

async function write({ context, fields }: Call<ApproleContext, RoleValues>): Promise<Outcome> {
  const before = await readRole(context, fields.role_name);
  if (before !== undefined && (fields.local_secret_ids ?? before.localSecretIds) !== before.localSecretIds) {
    throw new ServerError("invalid_request", "local_secret_ids can only be modified during role creation");
  }
  const role = changedRole(context, before, fields);
  checkRole(role);
  await writeRole(context, before, role);
  return { kind: "empty" };
}

function changedRole(context: ApproleContext, before: LoadedRole | undefined, fields: RoleValues): Role {
  return {
    name: fields.role_name,
    roleId: fields.role_id ?? before?.roleId ?? context.random.uuid(),
    secretIdKey: before?.secretIdKey ?? context.random.bytes(32),
    bindSecretId: fields.bind_secret_id ?? before?.bindSecretId ?? true,
    secretIdBoundCidrs: fields.secret_id_bound_cidrs ?? fields.bound_cidr_list ?? before?.secretIdBoundCidrs ?? [],
    secretIdNumUses: fields.secret_id_num_uses ?? before?.secretIdNumUses ?? 0,
    secretIdTtlSeconds: fields.secret_id_ttl ?? before?.secretIdTtlSeconds ?? 0,
    localSecretIds: before?.localSecretIds ?? fields.local_secret_ids ?? false,
    token: changedTokenParameters(before?.token ?? NO_TOKEN_PARAMETERS, fields, {
      policies: fields.policies,
      periodSeconds: fields.period,
    }),
  };
}

function checkRole(role: Role): void {
  checkCidrs(role.secretIdBoundCidrs);
  checkRoleId(role.roleId);
  if (role.secretIdNumUses < 0) throw new ServerError("invalid_request", "secret_id_num_uses cannot be negative");
  if (!role.bindSecretId && role.secretIdBoundCidrs.length === 0 && role.token.boundCidrs.length === 0) {
    throw new ServerError("invalid_request", "at least one constraint should be enabled on the role");
  }
}

function checkRoleId(roleId: string): void {
  if (roleId.length > ROLE_ID_LENGTH_MAX || !/^[!-~]+$/.test(roleId)) {
    throw new ServerError("invalid_request", "a role_id is 1 to 256 printable ASCII characters without blanks");
  }
}

function dataOf(role: LoadedRole): ResponseData {
  return {
    bind_secret_id: role.bindSecretId,
    local_secret_ids: role.localSecretIds,
    secret_id_bound_cidrs: role.secretIdBoundCidrs.length === 0 ? null : role.secretIdBoundCidrs,
    secret_id_num_uses: role.secretIdNumUses,
    secret_id_ttl: role.secretIdTtlSeconds,
    ...tokenParametersData(role.token),
  };
}

export const role = declare({
  template: "role/{role_name}",
  summary: "A role: who may log in, and what its tokens may do.",
  fields: roleFields,
  exists: async ({ context, fields }) => (await readRole(context, fields.role_name)) !== undefined,
  operations: {
    create: { summary: "Make a role.", forward: true, run: write },
    update: { summary: "Change the given fields of a role.", forward: true, run: write },
    read: {
      summary: "Read a role.",
      run: async ({ context, fields }) => {
        const found = await readRole(context, fields.role_name);
        return found === undefined ? { kind: "not_found" } : { kind: "data", data: dataOf(found) };
      },
    },
    delete: {
      summary: "Delete a role with its secret ids.",
      forward: true,
      run: async ({ context, fields }) => {
        const found = await readRole(context, fields.role_name);
        if (found !== undefined) {
          await removeRole(context, found);
          await removeAllSecretIds(context, found);
        }
        return { kind: "empty" };
      },
    },
  },
});

export const roles = declare({
  template: "role",
  summary: "Lists roles.",
  fields: {},
  operations: {
    list: {
      summary: "List roles.",
      run: async ({ context }) => ({
        kind: "list",
        keys: await context.storage.list("role/", { limit: ROLES_LISTED_MAX }),
      }),
    },
  },
});

export async function existingRole(context: ApproleContext, name: string): Promise<LoadedRole> {
  const found = await readRole(context, name);
  if (found === undefined) throw new ServerError("invalid_request", "role does not exist");
  return found;
}

export const roleId = declare({
  template: "role/{role_name}/role-id",
  summary: "The role id: the name that logins give.",
  fields: { ...roleName, role_id: { type: "string", default: "", description: "The new role id." } },
  operations: {
    read: {
      summary: "Read the role id.",
      run: async ({ context, fields }) => {
        const found = await readRole(context, fields.role_name);
        return found === undefined ? { kind: "not_found" } : { kind: "data", data: { role_id: found.roleId } };
      },
    },
    update: {
      summary: "Set the role id.",
      forward: true,
      run: async ({ context, fields }) => {
        checkRoleId(fields.role_id);
        const before = await existingRole(context, fields.role_name);
        await writeRole(context, before, { ...before, roleId: fields.role_id });
        return { kind: "empty" };
      },
    },
  },
});
