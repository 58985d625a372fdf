import type { ClusterClient, RequestOptions } from "../../client/cluster-client";
import { ApiError, ConfigurationError } from "../../client/errors";
import { entriesAt, textAt } from "../../client/json";
import { login, revokeToken } from "../../client/login";
import type { Caller, MeridianSession } from "../../client/session";
import { type Administrator, withCluster } from "../../operator/operator-document";
import { DR_OPERATION_POLICY, DR_OPERATION_RULES } from "../replication/operation-token";

const MOUNT = "meridian-operator";
const POLICY = "meridian-operator";
const ROLE = "administrator";

/** Everything, with sudo: this is what replaces the root token. Unlike that it expires, and can be withdrawn. */
const RULES = `path "*" {\n  capabilities = ["create", "read", "update", "patch", "delete", "list", "sudo"]\n}\n`;

/**
 * Makes an AppRole with which this provider logs in from now on, and revokes the root token. The policy, the auth method
 * and the role replicate, so that it can log in on every performance secondary too. Repeats what an interrupted run left.
 */
export async function ensureAdministrator(
  session: MeridianSession,
  cluster: ClusterClient,
  caller: Caller,
): Promise<void> {
  const entry = (await session.operator.read()).clusters.get(cluster.name);
  const rootToken = entry?.rootToken;
  if (rootToken === undefined) return;
  const administrator = entry?.administrator ?? (await makeAdministrator(cluster, rootToken));
  await session.operator.update((document) =>
    withCluster(document, cluster.name, (before) => ({ ...before, administrator })),
  );
  const { token } = await login(cluster, { method: "approle", ...administrator });
  await revokeToken(cluster, token);
  await revokeToken(cluster, rootToken);
  await session.operator.update((document) => withCluster(document, cluster.name, ({ rootToken: _, ...rest }) => rest));
  caller.log.info("the administrator can log in; the root token is revoked", { cluster: cluster.name });
}

async function makeAdministrator(cluster: ClusterClient, rootToken: string): Promise<Administrator> {
  const options: RequestOptions = { token: rootToken };
  await cluster.post(`sys/policies/acl/${POLICY}`, { policy: RULES }, options);
  await cluster.post(`sys/policies/acl/${DR_OPERATION_POLICY}`, { policy: DR_OPERATION_RULES }, options);
  await ensureMount(cluster, options);
  const role = {
    token_policies: [POLICY],
    token_ttl: "1h",
    token_max_ttl: "24h",
    secret_id_ttl: 0,
    secret_id_num_uses: 0,
  };
  await cluster.post(`auth/${MOUNT}/role/${ROLE}`, role, options);
  const roleId = await cluster.get(`auth/${MOUNT}/role/${ROLE}/role-id`, options);
  const secretId = await cluster.post(`auth/${MOUNT}/role/${ROLE}/secret-id`, {}, options);
  const made = {
    roleId: textAt(roleId?.body, "data", "role_id"),
    secretId: textAt(secretId.body, "data", "secret_id"),
  };
  if (made.roleId === undefined || made.secretId === undefined) {
    throw new ConfigurationError(
      "No administrator",
      `Cluster "${cluster.name}" gave no credentials for auth/${MOUNT}/role/${ROLE}.`,
    );
  }
  return { mount: MOUNT, roleId: made.roleId, secretId: made.secretId };
}

async function ensureMount(cluster: ClusterClient, options: RequestOptions): Promise<void> {
  try {
    const description = "Administrators of the infrastructure as code";
    await cluster.post(`sys/auth/${MOUNT}`, { type: "approle", description }, options);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 400) throw error;
    const mounts = await cluster.get("sys/auth", options);
    const standing = entriesAt(mounts?.body, "data").get(`${MOUNT}/`) ?? entriesAt(mounts?.body).get(`${MOUNT}/`);
    if (textAt(standing, "type") !== "approle") throw error;
  }
}
