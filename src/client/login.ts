import type { ClusterClient } from "./cluster-client";
import { ConfigurationError } from "./errors";
import { booleanAt, integerAt, textAt, textsAt } from "./json";

export type Credentials =
  | { readonly method: "userpass"; readonly mount: string; readonly username: string; readonly password: string }
  | { readonly method: "approle"; readonly mount: string; readonly roleId: string; readonly secretId: string };

export interface Login {
  readonly token: string;
  readonly accessor: string;
  /** 0: it does not expire. */
  readonly leaseSeconds: number;
  readonly renewable: boolean;
  readonly policies: readonly string[];
}

/** Gets a token. The credentials appear in no error. */
export async function login(client: ClusterClient, credentials: Credentials): Promise<Login> {
  const answer = await client.post(...loginRequest(credentials));
  const token = textAt(answer.body, "auth", "client_token");
  if (token === undefined) {
    throw new ConfigurationError(
      "The login was answered without a token",
      `Cluster "${client.name}" at ${client.address}, auth method "${credentials.mount}/". Further steps of a login are not supported.`,
    );
  }
  return {
    token,
    accessor: textAt(answer.body, "auth", "accessor") ?? "",
    leaseSeconds: integerAt(answer.body, "auth", "lease_duration") ?? 0,
    renewable: booleanAt(answer.body, "auth", "renewable") ?? false,
    policies: textsAt(answer.body, "auth", "policies"),
  };
}

function loginRequest(credentials: Credentials): Parameters<ClusterClient["post"]> {
  if (credentials.method === "userpass") {
    const { mount, username, password } = credentials;
    return [`auth/${mount}/login/${username}`, { password }, { token: null, secrets: [password] }];
  }
  const { mount, roleId, secretId } = credentials;
  const body = { role_id: roleId, secret_id: secretId };
  return [`auth/${mount}/login`, body, { token: null, secrets: [roleId, secretId] }];
}

/** Ends a token; one that is gone already is fine. */
export async function revokeToken(client: ClusterClient, token: string): Promise<void> {
  await client.post("auth/token/revoke-self", {}, { token, accept: [403, 404] });
}
