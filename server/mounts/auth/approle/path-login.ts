import { addressFilter, blocksWithin } from "../../../sdk/cidr";
import { ServerError } from "../../../sdk/errors";
import type { RenewalDecision } from "../../../sdk/mount";
import { pathsOf, type RequestFacts } from "../../../sdk/path";
import { loginGrant } from "../../../sdk/token-fields";
import type { ApproleContext } from "./context";
import { type LoadedRole, readRoleByKey, roleOfRoleId } from "./role";
import { acceptsAddress, isExpired, type LoadedSecretId, readSecretId, secretIdHash, secretIdView } from "./secret-id";
import { consumeSecretId } from "./secret-id-store";

const declare = pathsOf<ApproleContext>();

const ROLE_KEY = "role_key";
const ROLE_ID = "role_id";

export const login = declare({
  template: "login",
  summary: "Logs an application in.",
  fields: {
    role_id: { type: "string", required: true, bytesMax: 1_024, description: "Role id." },
    secret_id: { type: "secret", bytesMax: 1_024, description: "Secret id, where the role asks for one." },
  },
  operations: {
    update: {
      summary: "Log in.",
      unauthenticated: true,
      responses: { 400: "Unknown role id or secret id.", 403: "Locked after five failures, for 15 minutes." },
      run: async ({ context, request, fields }) => {
        const role = await roleOfRoleId(context, fields.role_id);
        if (role === undefined) throw refused();
        if (context.lockout.isLocked(role.key)) throw new ServerError("permission_denied");
        const secretId = await provenSecretId(context, role, fields.secret_id, request);
        context.lockout.succeeded(role.key);
        const parameters = { ...role.token, boundCidrs: tokenCidrs(role, secretId) };
        const metadata = new Map([...(secretId?.metadata ?? []), ["role_name", role.name]]);
        const internalData = new Map([
          [ROLE_KEY, role.key],
          [ROLE_ID, role.roleId],
        ]);
        return {
          kind: "login",
          grant: loginGrant(parameters, { displayName: "approle", aliasName: role.roleId, metadata, internalData }),
        };
      },
    },
  },
});

/** The secret id's blocks as far as the role still holds them: it may have been narrowed since. @throws what the client sees */
function tokenCidrs(role: LoadedRole, secretId: LoadedSecretId | undefined): readonly string[] {
  const own = secretId?.tokenBoundCidrs ?? [];
  if (own.length === 0) return role.token.boundCidrs;
  const held = blocksWithin(own, role.token.boundCidrs);
  if (held.length === 0) throw refused();
  return held;
}

function refused(): ServerError {
  return new ServerError("invalid_credentials", "invalid role or secret ID");
}

/** The secret id whose use this login has taken; undefined where the role asks for none. @throws what the client sees */
async function provenSecretId(
  context: ApproleContext,
  role: LoadedRole,
  given: Buffer | undefined,
  request: RequestFacts,
): Promise<LoadedSecretId | undefined> {
  const { remoteAddress } = request;
  if (!role.bindSecretId) {
    const fits =
      addressFilter(role.secretIdBoundCidrs)(remoteAddress) && addressFilter(role.token.boundCidrs)(remoteAddress);
    if (!fits) throw refused();
    return undefined;
  }
  const hash = secretIdHash(role, given ?? "");
  const found = await readSecretId(secretIdView(context, role), role.key, hash);
  if (found === undefined) {
    context.lockout.failed(role.key);
    throw refused();
  }
  if (isExpired(found, context.clock.nowMilliseconds()) || !acceptsAddress(role, found, remoteAddress)) throw refused();
  if (found.numUses > 0 && !(await consumeSecretId(context, role, hash))) throw refused();
  return found;
}

/** The role must still be there under the same role id; the limits are those of now. */
export async function renew(
  context: ApproleContext,
  internalData: ReadonlyMap<string, string>,
): Promise<RenewalDecision> {
  const role = await readRoleByKey(context, internalData.get(ROLE_KEY) ?? "");
  if (role === undefined || role.roleId !== internalData.get(ROLE_ID)) throw new ServerError("permission_denied");
  const { ttlSeconds, maxTtlSeconds, periodSeconds } = role.token;
  return { ttlSeconds, maxTtlSeconds, periodSeconds };
}
