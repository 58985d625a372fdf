/** What every token may do unless it was made without it. May be replaced by an operator, never deleted. */
const DEFAULT_POLICY = `# A token may look at itself, renew itself and revoke itself.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
path "auth/token/revoke-self" {
  capabilities = ["update"]
}

# It may ask what it is allowed to do.
path "sys/capabilities-self" {
  capabilities = ["update"]
}
path "sys/internal/ui/resultant-acl" {
  capabilities = ["read"]
}

# It may renew and look up leases whose ids it knows.
path "sys/renew" {
  capabilities = ["update"]
}
path "sys/leases/renew" {
  capabilities = ["update"]
}
path "sys/leases/lookup" {
  capabilities = ["update"]
}

# It has a store of its own that ends with it.
path "cubbyhole/*" {
  capabilities = ["create", "read", "update", "delete", "list"]
}

# It may wrap data, and open and inspect what was wrapped for it.
path "sys/wrapping/wrap" {
  capabilities = ["update"]
}
path "sys/wrapping/lookup" {
  capabilities = ["update"]
}
path "sys/wrapping/unwrap" {
  capabilities = ["update"]
}

# It may use the general tools.
path "sys/tools/hash" {
  capabilities = ["update"]
}
path "sys/tools/hash/*" {
  capabilities = ["update"]
}
`;

/** All that a wrapping token may do. Cannot be given to a token, changed or listed. */
const RESPONSE_WRAPPING_POLICY = `path "sys/wrapping/unwrap" {
  capabilities = ["update"]
}
`;

export const ROOT_POLICY_NAME = "root";
export const DEFAULT_POLICY_NAME = "default";
export const RESPONSE_WRAPPING_POLICY_NAME = "response-wrapping";

export const BUILT_IN_POLICIES: ReadonlyMap<string, string> = new Map([
  [DEFAULT_POLICY_NAME, DEFAULT_POLICY],
  [RESPONSE_WRAPPING_POLICY_NAME, RESPONSE_WRAPPING_POLICY],
]);
