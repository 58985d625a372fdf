import { ServerError } from "../../../sdk/errors";
import type { Outcome } from "../../../sdk/outcome";
import { type Call, type FieldDeclarations, type FieldValues, pathsOf } from "../../../sdk/path";
import type { TokenRequest } from "../../../sdk/token";
import { callerOf, sourceOf, type TokenMountContext } from "./context";

const declare = pathsOf<TokenMountContext>();

const creationFields = {
  id: { type: "string", description: "Text of the token; needs sudo.", sensitive: true },
  policies: { type: "string_list", description: "Policies of the token; default: the caller's." },
  meta: { type: "key_value", description: "Metadata, shown in the audit trail." },
  no_parent: { type: "boolean", default: false, description: "Makes an orphan; needs sudo." },
  no_default_policy: { type: "boolean", default: false, description: "Leaves the policy `default` out." },
  renewable: { type: "boolean", default: true, description: "Whether the token can be renewed." },
  ttl: { type: "duration", description: "Lifetime; 0: the mount's default." },
  lease: { type: "duration", deprecated: true, description: "Old name of `ttl`." },
  explicit_max_ttl: { type: "duration", default: 0, description: "Hard bound on the lifetime; 0: none." },
  period: { type: "duration", default: 0, description: "Makes the token periodic; needs sudo." },
  display_name: { type: "string", default: "", bytesMax: 512, description: "Name shown in the audit trail." },
  num_uses: { type: "integer", default: 0, description: "How often the token may be used; 0: without limit." },
  type: {
    type: "string",
    default: "",
    allowed: ["", "default", "service", "batch"],
    description: "Kind of the token.",
  },
} as const satisfies FieldDeclarations;

type CreationValues = FieldValues<typeof creationFields>;

async function create(
  { context, request, fields }: Call<TokenMountContext, CreationValues>,
  options: { readonly orphan: boolean; readonly roleName: string | undefined },
): Promise<Outcome> {
  const issued = await context.tokens.create(callerOf(request), requestOf(fields, options), sourceOf(context, request));
  return { kind: "auth", auth: issued.auth, warnings: issued.warnings };
}

function requestOf(
  fields: CreationValues,
  options: { readonly orphan: boolean; readonly roleName: string | undefined },
): TokenRequest {
  if (fields.num_uses < 0) throw new ServerError("invalid_request", "number of uses cannot be negative");
  const { type } = fields;
  return {
    id: fields.id === "" ? undefined : fields.id,
    roleName: options.roleName,
    policies: fields.policies,
    metadata: fields.meta ?? new Map(),
    noParent: fields.no_parent,
    orphan: options.orphan,
    noDefaultPolicy: fields.no_default_policy,
    renewable: fields.renewable,
    ttlSeconds: fields.ttl ?? fields.lease ?? 0,
    explicitMaxTtlSeconds: fields.explicit_max_ttl,
    periodSeconds: fields.period,
    displayName: fields.display_name,
    numUses: fields.num_uses,
    type: type === "service" || type === "batch" ? type : "default",
  };
}

export const createToken = declare({
  template: "create",
  summary: "Makes a token, a child of the caller's.",
  fields: creationFields,
  operations: {
    update: { summary: "Make a token.", run: (call) => create(call, { orphan: false, roleName: undefined }) },
  },
});

export const createOrphan = declare({
  template: "create-orphan",
  summary: "Makes a token without a parent: it outlives the caller's.",
  fields: creationFields,
  operations: {
    update: { summary: "Make an orphan token.", run: (call) => create(call, { orphan: true, roleName: undefined }) },
  },
});

export const createWithRole = declare({
  template: "create/{role_name}",
  summary: "Makes a token within what a role allows.",
  fields: { ...creationFields, role_name: { type: "string", required: true, description: "Name of the role." } },
  operations: {
    update: {
      summary: "Make a token through a role.",
      run: (call) => create(call, { orphan: false, roleName: call.fields.role_name }),
    },
  },
});
