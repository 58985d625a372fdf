import { ServerError } from "../../sdk/errors";
import type { AuthGrant } from "../../sdk/outcome";
import type { TokenSource } from "../../sdk/token";
import type { TokenDraft } from "./token-minter";
import { canonicalPolicies, isRoot } from "./token-policies";

/**
 * The token a login asked for.
 * @param mountTokenType the mount's `token_type`: decides where the grant says `default`, and overrules it where it is `service` or `batch`
 */
export function loginDraft(grant: AuthGrant, source: TokenSource, mountTokenType: string): TokenDraft {
  const policies = canonicalPolicies(grant.policies, !grant.noDefaultPolicy);
  if (isRoot(policies)) throw new ServerError("invalid_request", "auth methods cannot create root tokens");
  const type = typeOf(grant.type, mountTokenType);
  if (type === "batch" && (grant.numUses > 0 || grant.periodSeconds > 0)) {
    throw new ServerError("invalid_request", "batch tokens can be neither periodic nor limited in their uses");
  }
  return {
    type,
    id: undefined,
    parent: "",
    path: source.path,
    displayName: displayNameOf(grant.displayName, source.mountPath),
    policies,
    metadata: grant.metadata,
    internalData: grant.internalData,
    mountAccessor: source.mountAccessor,
    roleName: "",
    numUses: grant.numUses,
    renewable: grant.renewable && type === "service",
    boundCidrs: Object.freeze([...grant.boundCidrs]),
    wrapping: false,
    ttlSeconds: grant.ttlSeconds,
    maxTtlSeconds: grant.maxTtlSeconds,
    explicitMaxTtlSeconds: grant.explicitMaxTtlSeconds,
    periodSeconds: grant.periodSeconds,
    limits: source,
  };
}

function typeOf(asked: AuthGrant["type"], mountTokenType: string): "service" | "batch" {
  if (mountTokenType === "service" || mountTokenType === "batch") return mountTokenType;
  if (asked !== "default") return asked;
  return mountTokenType === "default-batch" ? "batch" : "service";
}

/** `auth/userpass/` and `anna` make `userpass-anna`. */
function displayNameOf(name: string, mountPath: string): string {
  const mount = mountPath
    .replace(/^auth\//, "")
    .replace(/\/$/, "")
    .replaceAll("/", "-");
  return name === "" ? mount : `${mount}-${name}`;
}
