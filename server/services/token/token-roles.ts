import { ServerError } from "../../sdk/errors";
import { encodeRecord, StoredRecord } from "../../sdk/stored-record";
import type { TokenRole, TokenRoles } from "../../sdk/token";
import type { View } from "../../sdk/view";

const ROLES_LISTED_MAX = 10_000;

/** Token roles, one key each under `role/`: shared by all clusters of the set. */
export class StoredTokenRoles implements TokenRoles {
  /** @param view on `core/token/`, class `replicated` */
  constructor(private readonly view: View) {}

  async read(name: string): Promise<TokenRole | undefined> {
    if (!isName(name)) return undefined;
    const stored = await this.view.get(`role/${name}`);
    return stored === undefined ? undefined : decodeRole(stored.value);
  }

  list(): Promise<readonly string[]> {
    return this.view.list("role/", { limit: ROLES_LISTED_MAX });
  }

  async write(role: TokenRole): Promise<void> {
    if (!isName(role.name)) {
      throw new ServerError("invalid_request", "a role name is 1 to 128 letters, digits and the characters _ - . @");
    }
    await this.view.commit([this.view.put(`role/${role.name}`, encodeRecord({ ...role }))]);
  }

  async delete(name: string): Promise<void> {
    if (!isName(name) || (await this.view.get(`role/${name}`)) === undefined) return;
    await this.view.commit([this.view.delete(`role/${name}`)]);
  }
}

function isName(name: string): boolean {
  return /^[\w.@-]{1,128}$/.test(name);
}

function decodeRole(value: Buffer): TokenRole {
  const stored = StoredRecord.parse(value, "token role");
  return {
    name: stored.text("name"),
    allowedPolicies: stored.texts("allowedPolicies"),
    disallowedPolicies: stored.texts("disallowedPolicies"),
    allowedPoliciesGlob: stored.texts("allowedPoliciesGlob"),
    disallowedPoliciesGlob: stored.texts("disallowedPoliciesGlob"),
    orphan: stored.boolean("orphan"),
    pathSuffix: stored.text("pathSuffix"),
    renewable: stored.boolean("renewable"),
    tokenType: stored.oneOf("tokenType", ["service", "batch", "default-service", "default-batch"]),
    periodSeconds: stored.number("periodSeconds"),
    explicitMaxTtlSeconds: stored.number("explicitMaxTtlSeconds"),
    noDefaultPolicy: stored.boolean("noDefaultPolicy"),
    numUses: stored.number("numUses"),
    boundCidrs: stored.texts("boundCidrs"),
  };
}
