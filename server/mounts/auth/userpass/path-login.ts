import { addressFilter } from "../../../sdk/cidr";
import { ServerError } from "../../../sdk/errors";
import type { RenewalDecision } from "../../../sdk/mount";
import { pathsOf } from "../../../sdk/path";
import { loginGrant } from "../../../sdk/token-fields";
import type { UserpassContext } from "./context";
import { loginName, readUser } from "./user";

const declare = pathsOf<UserpassContext>();

const USER_NAME = "username";
const POLICIES = "policies";

export const login = declare({
  template: "login/{username}",
  summary: "Logs a user in.",
  fields: {
    username: { type: "string", required: true, description: "Name of the user; capital letters are folded." },
    password: { type: "secret", required: true, bytesMax: 1_024, description: "Password of the user." },
  },
  operations: {
    update: {
      summary: "Log in.",
      unauthenticated: true,
      responses: { 400: "Unknown user or wrong password.", 403: "Locked after five failures, for 15 minutes." },
      run: async ({ context, request, fields }) => {
        const name = loginName(fields.username);
        const user = name === undefined ? undefined : await readUser(context, name);
        const allowed = (): boolean => name === undefined || !context.lockout.isLocked(name);
        if (!allowed()) throw new ServerError("permission_denied");
        const right = await context.hasher.verify(fields.password, user?.password, allowed);
        if (name === undefined || user === undefined || !right) {
          if (name !== undefined && allowed()) context.lockout.failed(name);
          throw new ServerError("invalid_credentials", "invalid username or password");
        }
        context.lockout.succeeded(name);
        if (!addressFilter(user.token.boundCidrs)(request.remoteAddress)) throw new ServerError("permission_denied");
        const metadata = new Map([[USER_NAME, name]]);
        const internalData = new Map([...metadata, [POLICIES, user.token.policies.join(",")]]);
        return {
          kind: "login",
          grant: loginGrant(user.token, { displayName: name, aliasName: name, metadata, internalData }),
        };
      },
    },
  },
});

/** The user must still be there with the policies it had; the limits are those of now. */
export async function renew(
  context: UserpassContext,
  internalData: ReadonlyMap<string, string>,
): Promise<RenewalDecision> {
  const user = await readUser(context, internalData.get(USER_NAME) ?? "");
  if (user === undefined) throw new ServerError("permission_denied");
  if (user.token.policies.join(",") !== internalData.get(POLICIES)) {
    throw new ServerError("permission_denied", "policies have changed, not renewing");
  }
  const { ttlSeconds, maxTtlSeconds, periodSeconds } = user.token;
  return { ttlSeconds, maxTtlSeconds, periodSeconds };
}
