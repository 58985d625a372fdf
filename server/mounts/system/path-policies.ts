import { ServerError } from "../../sdk/errors";
import type { Outcome } from "../../sdk/outcome";
import type { AnyPath } from "../../sdk/path";
import type { SystemContext } from "./context";
import { declare } from "./context";

const POLICY_BYTES_MAX = 512 * 1024;
const NAME_BYTES_MAX = 256;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

const policyFields = {
  name: { type: "string", description: "Name; letter case does not matter.", required: true, bytesMax: NAME_BYTES_MAX },
  policy: {
    type: "string",
    description: "The rules, HCL or JSON, plain or in base64.",
    bytesMax: POLICY_BYTES_MAX,
  },
  rules: { type: "string", description: "Old name of policy.", deprecated: true, bytesMax: POLICY_BYTES_MAX },
} as const;

/** `policy` is the old spelling of `policies/acl`; its answers are repeated beside the envelope. */
const SPELLINGS = [
  { template: "policies/acl", isOld: false },
  { template: "policy", isOld: true },
] as const;

export const policyPaths: readonly AnyPath<SystemContext>[] = SPELLINGS.flatMap(({ template, isOld }) => [
  declare({
    template,
    summary: "All policies.",
    fields: {},
    operations: {
      read: { summary: "List the policies", run: ({ context }) => listPolicies(context, isOld) },
      list: { summary: "List the policies", run: ({ context }) => listPolicies(context, isOld) },
    },
  }),
  declare({
    template: `${template}/{name}`,
    summary: "One policy.",
    foldsCase: true,
    fields: policyFields,
    operations: {
      read: {
        summary: "Read the policy",
        run: async ({ context, fields }) => {
          const { name } = fields;
          const policy = await context.ports.policies.read(name);
          if (policy === undefined) return { kind: "not_found" };
          const data = isOld ? { name, rules: policy, policy } : { name, policy };
          return { kind: "data", data, repeatAtTop: isOld };
        },
      },
      update: {
        summary: "Write the policy",
        forward: true,
        run: async ({ context, fields }) => {
          await context.ports.policies.write(fields.name, policyText(fields.policy, isOld ? fields.rules : undefined));
          return { kind: "empty" };
        },
      },
      delete: {
        summary: "Delete the policy",
        forward: true,
        run: async ({ context, fields }) => {
          await context.ports.policies.delete(fields.name);
          return { kind: "empty" };
        },
      },
    },
  }),
]);

async function listPolicies(context: SystemContext, isOld: boolean): Promise<Outcome> {
  const names = await context.ports.policies.list();
  return { kind: "data", data: isOld ? { keys: names, policies: names } : { keys: names }, repeatAtTop: isOld };
}

/** No rules are valid base64: a path statement has blanks, quotes or braces. */
function policyText(policy: string | undefined, rules: string | undefined): string {
  const given = policy === undefined || policy === "" ? (rules ?? "") : policy;
  const text = given.trim();
  if (text === "") throw new ServerError("invalid_request", "'policy' parameter not supplied or empty");
  return BASE64.test(text) && text.length % 4 === 0 ? Buffer.from(text, "base64").toString("utf8") : given;
}
