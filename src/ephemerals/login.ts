import { isUnavailable } from "../client/errors";
import { textAt } from "../client/json";
import { type Credentials, login, revokeToken } from "../client/login";
import { attributePath } from "../framework/attribute-path";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../framework/diagnostics";
import { defineSchema } from "../framework/schema";
import { oneOf } from "../framework/validator";
import { clusterAttribute, mountPath } from "../resources/attributes";
import { ephemeralResource } from "../resources/kit";

const schema = defineSchema({
  description:
    "Logs in and gives a token for the time of one run; the token is renewed while Terraform works and revoked at the end.",
  attributes: {
    cluster: clusterAttribute,
    method: {
      type: "string",
      required: true,
      description: "`userpass` or `approle`.",
      validators: [oneOf("userpass", "approle")],
    },
    mount: {
      type: "string",
      optional: true,
      description: "Path of the auth method; the method's name if absent.",
      validators: [mountPath],
    },
    username: { type: "string", optional: true, description: "For `userpass`." },
    password: { type: "string", optional: true, sensitive: true, description: "For `userpass`." },
    role_id: { type: "string", optional: true, description: "For `approle`." },
    secret_id: { type: "string", optional: true, sensitive: true, description: "For `approle`." },
    client_token: { type: "string", computed: true, sensitive: true, description: "The token." },
    accessor: { type: "string", computed: true, description: "The token's accessor." },
    lease_duration_seconds: {
      type: "integer",
      computed: true,
      description: "How long the token lasts unless renewed; 0 is for ever.",
    },
    policies: { type: { list: "string" }, computed: true, description: "What the token may do." },
  },
});

interface Given {
  readonly method: string;
  readonly mount: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly role_id: string | null;
  readonly secret_id: string | null;
}

function credentialsOf(given: Given): Credentials | readonly Diagnostic[] {
  const mount = given.mount ?? given.method;
  if (given.method === "userpass") {
    if (given.username === null) return missing("username", given.method);
    if (given.password === null) return missing("password", given.method);
    return { method: "userpass", mount, username: given.username, password: given.password };
  }
  if (given.role_id === null) return missing("role_id", given.method);
  return { method: "approle", mount, roleId: given.role_id, secretId: given.secret_id ?? "" };
}

function missing(name: string, method: string): readonly Diagnostic[] {
  return [errorDiagnostic(`"${name}" is needed`, `The method "${method}" needs it.`, attributePath(name))];
}

function isDiagnostics(value: Credentials | readonly Diagnostic[]): value is readonly Diagnostic[] {
  return Array.isArray(value);
}

/** Two thirds of a lease: Terraform renews exactly then, with no margin of its own. */
function renewAt(nowMs: number, leaseSeconds: number): { renewAt?: Date } {
  return leaseSeconds === 0 ? {} : { renewAt: new Date(nowMs + (leaseSeconds * 1000 * 2) / 3) };
}

interface Kept {
  readonly cluster: string;
  readonly token: string;
  readonly leaseSeconds: number;
}

/** Terraform keeps these bytes in memory only. */
function parseKept(bytes: Buffer): Kept {
  const value: unknown = JSON.parse(bytes.toString("utf8"));
  return {
    cluster: textAt(value, "cluster") ?? "",
    token: textAt(value, "token") ?? "",
    leaseSeconds: Number(textAt(value, "leaseSeconds") ?? 0),
  };
}

function keep({ cluster, token, leaseSeconds }: Kept): Buffer {
  return Buffer.from(JSON.stringify({ cluster, token, leaseSeconds: String(leaseSeconds) }));
}

export const loginToken = ephemeralResource({
  name: "meridian_login",
  schema,
  async open({ config, session, ...caller }) {
    const credentials = credentialsOf(config);
    if (isDiagnostics(credentials)) return { diagnostics: credentials };
    const cluster = await session.cluster(config.cluster, caller);
    const { token, accessor, leaseSeconds, renewable, policies } = await login(cluster, credentials);
    return {
      result: { ...config, client_token: token, accessor, lease_duration_seconds: leaseSeconds, policies },
      private: keep({ cluster: cluster.name, token, leaseSeconds }),
      ...(renewable && renewAt(session.nowMs(), leaseSeconds)),
    };
  },
  async renew({ private: bytes, session, ...caller }) {
    const { cluster: key, token, leaseSeconds } = parseKept(bytes);
    const cluster = await session.cluster(key, caller);
    await cluster.post("auth/token/renew-self", {}, { token });
    return { private: bytes, ...renewAt(session.nowMs(), leaseSeconds) };
  },
  async close({ private: bytes, session, ...caller }) {
    const { cluster: key, token } = parseKept(bytes);
    const cluster = await session.cluster(key, caller);
    try {
      await revokeToken(cluster, token);
      return undefined;
    } catch (error) {
      if (!(error instanceof Error) || !isUnavailable(error)) throw error;
      const detail = `${error.message}. The token of this run was not revoked; it ends with its lease.`;
      return [warningDiagnostic(`The login at cluster "${cluster.name}" was not ended`, detail)];
    }
  },
});
