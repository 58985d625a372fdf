import { blocksWithin, checkCidrs } from "../../../sdk/cidr";
import { ServerError } from "../../../sdk/errors";
import { JsonError, type JsonValue, parseJson } from "../../../sdk/json";
import type { Outcome, ResponseData } from "../../../sdk/outcome";
import { type Call, type FieldDeclarations, type FieldValues, pathsOf } from "../../../sdk/path";
import { formatTimestamp } from "../../../sdk/timestamp";
import type { ApproleContext } from "./context";
import { existingRole, roleName } from "./path-role";
import { type LoadedRole, readRole } from "./role";
import {
  hashOfAccessor,
  isExpired,
  type LoadedSecretId,
  readSecretId,
  type SecretId,
  secretIdHash,
  secretIdView,
} from "./secret-id";
import { destroySecretId, storeSecretId } from "./secret-id-store";

const declare = pathsOf<ApproleContext>();

const ACCESSORS_LISTED_MAX = 100_000;
const METADATA_MAX = 64;

const generationFields = {
  ...roleName,
  metadata: { type: "json", description: "Metadata of the tokens: an object of strings, or its JSON text." },
  cidr_list: { type: "string_list", description: "Address blocks that logins may come from, within the role's." },
  token_bound_cidrs: { type: "string_list", description: "Address blocks that tokens may be used from." },
  num_uses: { type: "integer", description: "How often the secret id may be used; default: as the role says." },
  ttl: { type: "duration", description: "Lifetime of the secret id; default: as the role says." },
} as const satisfies FieldDeclarations;

const secretIdField = {
  secret_id: { type: "string", required: true, sensitive: true, bytesMax: 1_024, description: "The secret id." },
} as const satisfies FieldDeclarations;

const accessorField = {
  secret_id_accessor: { type: "string", required: true, description: "Accessor of the secret id." },
} as const satisfies FieldDeclarations;

async function generate(
  { context, fields }: Call<ApproleContext, FieldValues<typeof generationFields>>,
  secretId: string,
): Promise<Outcome> {
  const role = await existingRole(context, fields.role_name);
  if (!role.bindSecretId) throw new ServerError("invalid_request", "bind_secret_id is not set on the role");
  const record = recordOf(context, role, fields);
  const warnings = await storeSecretId(context, role, secretIdHash(role, secretId), record);
  const data = {
    secret_id: secretId,
    secret_id_accessor: record.accessor,
    secret_id_num_uses: record.numUses,
    secret_id_ttl: record.ttlSeconds,
  };
  return { kind: "data", data, warnings };
}

function recordOf(context: ApproleContext, role: LoadedRole, fields: FieldValues<typeof generationFields>): SecretId {
  const now = context.clock.nowMilliseconds();
  const numUses = withinRole("num_uses", fields.num_uses, role.secretIdNumUses);
  const ttlSeconds = withinRole("ttl", fields.ttl, role.secretIdTtlSeconds);
  const cidrs = fields.cidr_list ?? [];
  const tokenBoundCidrs = fields.token_bound_cidrs ?? [];
  checkWithin("cidr_list", cidrs, role.secretIdBoundCidrs);
  checkWithin("token_bound_cidrs", tokenBoundCidrs, role.token.boundCidrs);
  return {
    accessor: context.random.uuid(),
    creationTimeMilliseconds: now,
    lastUpdatedMilliseconds: now,
    expirationTimeMilliseconds: ttlSeconds === 0 ? undefined : now + ttlSeconds * 1000,
    ttlSeconds,
    numUses,
    usesLeft: numUses,
    metadata: metadataOf(fields.metadata),
    cidrs,
    tokenBoundCidrs,
  };
}

/** Whoever may make secret ids may not undo what the role says. */
function checkWithin(name: string, blocks: readonly string[], ofRole: readonly string[]): void {
  checkCidrs(blocks);
  if (blocksWithin(blocks, ofRole).length === blocks.length) return;
  throw new ServerError("invalid_request", `${name} must lie within the address blocks of the role`);
}

/** 0 is "without limit" and so more than any limit of the role. */
function withinRole(name: string, asked: number | undefined, ofRole: number): number {
  if (asked === undefined) return ofRole;
  if (asked < 0) throw new ServerError("invalid_request", `${name} cannot be negative`);
  if (ofRole > 0 && (asked === 0 || asked > ofRole)) {
    throw new ServerError("invalid_request", `${name} cannot be more than the role's: ${ofRole}`);
  }
  return asked;
}

function metadataOf(given: JsonValue | undefined): ReadonlyMap<string, string> {
  const value = typeof given === "string" && given !== "" ? parsedMetadata(given) : given;
  if (value === undefined || value === null || value === "") return new Map();
  if (!(value instanceof Map) || value.size > METADATA_MAX) throw badMetadata();
  return new Map(
    [...value].map(([name, one]) => {
      if (typeof one !== "string") throw badMetadata();
      return [name, one];
    }),
  );
}

function parsedMetadata(text: string): JsonValue {
  try {
    return parseJson(text, { bytesMax: 16_384 });
  } catch (error) {
    if (error instanceof JsonError) throw badMetadata();
    throw error;
  }
}

function badMetadata(): ServerError {
  return new ServerError(
    "invalid_request",
    `metadata is an object of at most ${METADATA_MAX} strings, or its JSON text`,
  );
}

function dataOf(secretId: LoadedSecretId): ResponseData {
  const expiration = secretId.expirationTimeMilliseconds;
  return {
    cidr_list: secretId.cidrs,
    creation_time: formatTimestamp(secretId.creationTimeMilliseconds),
    expiration_time: expiration === undefined ? "0001-01-01T00:00:00Z" : formatTimestamp(expiration),
    last_updated_time: formatTimestamp(secretId.lastUpdatedMilliseconds),
    metadata: secretId.metadata,
    secret_id_accessor: secretId.accessor,
    secret_id_num_uses: secretId.usesLeft,
    secret_id_ttl: secretId.ttlSeconds,
    token_bound_cidrs: secretId.tokenBoundCidrs,
  };
}

/** By its text or its accessor; undefined when it is gone or expired. */
async function find(
  context: ApproleContext,
  role: LoadedRole,
  by: { readonly secretId: string } | { readonly accessor: string },
): Promise<LoadedSecretId | undefined> {
  const view = secretIdView(context, role);
  const hash = "secretId" in by ? secretIdHash(role, by.secretId) : await hashOfAccessor(view, role.key, by.accessor);
  const found = hash === undefined ? undefined : await readSecretId(view, role.key, hash);
  return found === undefined || isExpired(found, context.clock.nowMilliseconds()) ? undefined : found;
}

async function destroy(context: ApproleContext, role: LoadedRole, found: LoadedSecretId | undefined): Promise<Outcome> {
  const warnings = found === undefined ? [] : await destroySecretId(context, role, found.hash);
  return { kind: "empty", warnings };
}

export const secretIds = declare({
  template: "role/{role_name}/secret-id",
  summary: "The secret ids of a role.",
  fields: generationFields,
  operations: {
    update: { summary: "Generate a secret id.", run: (call) => generate(call, call.context.random.uuid()) },
    list: {
      summary: "List the accessors of a role's secret ids.",
      run: async ({ context, fields }) => {
        const role = await readRole(context, fields.role_name);
        if (role === undefined) return { kind: "not_found" };
        const options = { limit: ACCESSORS_LISTED_MAX };
        return { kind: "list", keys: await secretIdView(context, role).list(`accessor/${role.key}/`, options) };
      },
    },
  },
});

export const customSecretId = declare({
  template: "role/{role_name}/custom-secret-id",
  summary: "Makes a secret id of a chosen text.",
  fields: { ...generationFields, ...secretIdField },
  operations: {
    update: {
      summary: "Make a secret id of a chosen text.",
      run: (call) => {
        if (call.fields.secret_id === "") throw new ServerError("invalid_request", "missing secret_id");
        return generate(call, call.fields.secret_id);
      },
    },
  },
});

export const lookupSecretId = declare({
  template: "role/{role_name}/secret-id/lookup",
  summary: "Tells what a secret id is.",
  fields: { ...roleName, ...secretIdField },
  operations: {
    update: {
      summary: "Look a secret id up.",
      responses: { 204: "There is no such secret id." },
      run: async ({ context, fields }) => {
        const role = await existingRole(context, fields.role_name);
        const found = await find(context, role, { secretId: fields.secret_id });
        return found === undefined ? { kind: "empty" } : { kind: "data", data: dataOf(found) };
      },
    },
  },
});

const destroyBySecretId = async ({
  context,
  fields,
}: Call<ApproleContext, FieldValues<typeof roleName & typeof secretIdField>>): Promise<Outcome> => {
  const role = await existingRole(context, fields.role_name);
  return destroy(context, role, await find(context, role, { secretId: fields.secret_id }));
};

export const destroySecret = declare({
  template: "role/{role_name}/secret-id/destroy",
  summary: "Destroys a secret id.",
  fields: { ...roleName, ...secretIdField },
  operations: {
    update: { summary: "Destroy a secret id.", run: destroyBySecretId },
    delete: { summary: "Destroy a secret id.", run: destroyBySecretId },
  },
});

export const lookupAccessor = declare({
  template: "role/{role_name}/secret-id-accessor/lookup",
  summary: "Tells what the secret id of an accessor is.",
  fields: { ...roleName, ...accessorField },
  operations: {
    update: {
      summary: "Look a secret id up by its accessor.",
      run: async ({ context, fields }) => {
        const role = await existingRole(context, fields.role_name);
        const found = await find(context, role, { accessor: fields.secret_id_accessor });
        return found === undefined ? { kind: "not_found" } : { kind: "data", data: dataOf(found) };
      },
    },
  },
});

const destroyByAccessor = async ({
  context,
  fields,
}: Call<ApproleContext, FieldValues<typeof roleName & typeof accessorField>>): Promise<Outcome> => {
  const role = await existingRole(context, fields.role_name);
  const found = await find(context, role, { accessor: fields.secret_id_accessor });
  // Another role's accessor is none of this role's: whoever asks must learn that nothing was destroyed.
  return found === undefined ? { kind: "not_found" } : destroy(context, role, found);
};

export const destroyAccessor = declare({
  template: "role/{role_name}/secret-id-accessor/destroy",
  summary: "Destroys the secret id of an accessor.",
  fields: { ...roleName, ...accessorField },
  operations: {
    update: { summary: "Destroy a secret id by its accessor.", run: destroyByAccessor },
    delete: { summary: "Destroy a secret id by its accessor.", run: destroyByAccessor },
  },
});
