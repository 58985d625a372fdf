import { ADMINISTRATOR, type FaultCluster } from "./fault-cluster";

/** A mount, an administrator who logs in, and a role for the batch tokens with which an operator promotes. */
export async function prepareClients(primary: FaultCluster): Promise<void> {
  await primary.admin("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await primary.admin("PUT", "sys/policies/acl/administrator", {
    policy: 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }',
  });
  await primary.admin("POST", "sys/auth/userpass", { type: "userpass" });
  const { name, password } = ADMINISTRATOR;
  await primary.admin("POST", `auth/userpass/users/${name}`, { password, token_policies: "administrator" });
  await primary.admin("POST", "auth/token/roles/operator", {
    token_type: "batch",
    orphan: true,
    renewable: false,
    allowed_policies: "administrator",
  });
}
