import { ServerError } from "../../sdk/errors";
import type { AccessChecker } from "../../sdk/policy";
import type { TokenFacts, TokenRequest, TokenRole, TokenSource } from "../../sdk/token";
import type { TokenDraft } from "./token-minter";
import { canonicalPolicies, isRoot, isSubset, rolePolicies } from "./token-policies";

const RESERVED_PREFIXES = ["hvs.", "hvb.", "hvr.", "s.", "b.", "r."];
const ID_LENGTH_MAX = 256;

function refuse(reason: string): never {
  throw new ServerError("invalid_request", reason);
}

/**
 * Decides what token a caller gets who asks for one: the rules of auth/token/create of Vault's API documentation. A token
 * never holds more than its maker may give, and `root` comes from `root` only.
 */
export async function draftOf(
  caller: TokenFacts,
  request: TokenRequest,
  role: TokenRole | undefined,
  source: TokenSource,
  access: AccessChecker,
): Promise<TokenDraft> {
  if (caller.type === "batch") refuse("batch tokens cannot create more tokens");
  if (caller.numUsesLeft !== 0) refuse("restricted use token cannot generate child tokens");
  const sudo = await access.allows({
    policies: caller.policies,
    operation: "update",
    path: source.path,
    needsSudo: true,
  });
  const type = typeOf(request, role);
  const policies = policiesOf(caller, request, role, sudo);
  const periodSeconds = role !== undefined && role.periodSeconds > 0 ? role.periodSeconds : request.periodSeconds;
  if (request.periodSeconds > 0 && !sudo) refuse("root or sudo privileges required to create periodic token");
  if (request.noParent && !sudo) refuse("root or sudo privileges required to create orphan token");
  checkId(request.id, sudo);
  const neverExpires =
    isRoot(policies) && request.ttlSeconds === 0 && periodSeconds === 0 && caller.expireTimeMilliseconds === undefined;
  const explicitMaxTtlSeconds = smallestSet(request.explicitMaxTtlSeconds, role?.explicitMaxTtlSeconds ?? 0);
  const draft: TokenDraft = {
    type,
    id: request.id,
    parent: (role?.orphan ?? request.orphan) || request.noParent ? "" : caller.idHash,
    path: role === undefined || role.pathSuffix === "" ? source.path : `${source.path}/${role.pathSuffix}`,
    displayName: displayNameOf(request.displayName),
    policies,
    metadata: request.metadata,
    internalData: new Map(),
    mountAccessor: source.mountAccessor,
    roleName: role?.name ?? "",
    numUses: smallestSet(request.numUses, role?.numUses ?? 0),
    renewable: request.renewable && (role?.renewable ?? true),
    boundCidrs: Object.freeze([
      ...(role !== undefined && role.boundCidrs.length > 0 ? role.boundCidrs : caller.boundCidrs),
    ]),
    wrapping: false,
    ttlSeconds: request.ttlSeconds,
    maxTtlSeconds: 0,
    explicitMaxTtlSeconds,
    periodSeconds,
    limits: neverExpires && explicitMaxTtlSeconds === 0 ? undefined : source,
  };
  if (type === "batch") checkBatch(draft);
  return draft;
}

function typeOf(request: TokenRequest, role: TokenRole | undefined): "service" | "batch" {
  const roleType = role?.tokenType ?? "default-service";
  if (roleType === "service" || roleType === "batch") return roleType;
  if (request.type !== "default") return request.type;
  return roleType === "default-batch" ? "batch" : "service";
}

function policiesOf(
  caller: TokenFacts,
  request: TokenRequest,
  role: TokenRole | undefined,
  sudo: boolean,
): readonly string[] {
  const asked = request.policies;
  const policies = role !== undefined ? rolePolicies(role, asked, caller.policies) : withoutRole(caller, request, sudo);
  if (isRoot(policies) && !isRoot(caller.policies))
    refuse("root tokens may not be created without parent token being root");
  return policies;
}

function withoutRole(caller: TokenFacts, request: TokenRequest, sudo: boolean): readonly string[] {
  const asked = request.policies !== undefined && request.policies.length > 0;
  const wanted = canonicalPolicies(request.policies ?? [], false);
  if (asked && !sudo && !isSubset(wanted, caller.policies)) refuse("child policies must be subset of parent");
  const withDefault = !request.noDefaultPolicy && (asked ? true : caller.policies.includes("default"));
  return canonicalPolicies(asked ? wanted : inherited(caller, request), withDefault);
}

function inherited(caller: TokenFacts, request: TokenRequest): readonly string[] {
  return request.noDefaultPolicy ? caller.policies.filter((name) => name !== "default") : caller.policies;
}

function checkId(id: string | undefined, sudo: boolean): void {
  if (id === undefined) return;
  if (!sudo) refuse("root or sudo privileges required to specify token id");
  const reserved = RESERVED_PREFIXES.find((prefix) => id.startsWith(prefix));
  if (reserved !== undefined) refuse(`custom token ID cannot have the '${reserved}' prefix`);
  if (id.length > ID_LENGTH_MAX || !/^[!-~]+$/.test(id)) {
    refuse(`custom token ID must be 1 to ${ID_LENGTH_MAX} printable ASCII characters without blanks`);
  }
}

function checkBatch(draft: TokenDraft): void {
  if (draft.id !== undefined) refuse("batch tokens cannot have a chosen ID");
  if (draft.periodSeconds > 0) refuse("batch tokens cannot be periodic");
  if (draft.explicitMaxTtlSeconds > 0) refuse("batch tokens cannot have an explicit max TTL");
  if (draft.numUses > 0) refuse("batch tokens cannot be limited in their uses");
  if (isRoot(draft.policies)) refuse("batch tokens cannot be root tokens");
}

/** `token` or `token-<name>`, letters, digits and dashes only. */
function displayNameOf(name: string): string {
  return name === "" ? "token" : `token-${name.replace(/[^A-Za-z0-9-]/g, "-").slice(0, 256)}`;
}

/** The smaller one of those that are not 0. */
function smallestSet(left: number, right: number): number {
  return left === 0 || right === 0 ? left || right : Math.min(left, right);
}
