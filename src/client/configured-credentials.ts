import { attributePath } from "../framework/attribute-path";
import { type Diagnostic, errorDiagnostic } from "../framework/diagnostics";
import { isUnknown, type Unknown } from "../protocol/unknown";
import type { Credentials } from "./login";
import type { ConfiguredCredentials } from "./token-source";

type Text = string | Unknown | null;

interface LoginBlock {
  readonly method: Text;
  readonly mount: Text;
  readonly username: Text;
  readonly password: Text;
  readonly role_id: Text;
  readonly secret_id: Text;
}

interface Block {
  readonly token: Text;
  readonly auth_login: LoginBlock | Unknown | null;
}

export type Outcome =
  | { readonly ok: true; readonly value: ConfiguredCredentials }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

function text(value: Text): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Credentials that are decided later in the run count as absent until then. */
export function configuredCredentials(block: Block, environment: NodeJS.ProcessEnv): Outcome {
  const environmentToken = environment.MERIDIAN_TOKEN || environment.VAULT_TOKEN || undefined;
  const value = { token: text(block.token), login: undefined, environmentToken };
  const given = block.auth_login;
  if (given === null || isUnknown(given)) return { ok: true, value };
  const method = text(given.method) ?? "";
  const mount = text(given.mount) ?? method;
  const missing = requiredNames(method).filter((name) => given[name] === null);
  const [name] = missing;
  if (name !== undefined) {
    const problem = errorDiagnostic(
      `"${name}" is needed`,
      `The method "${method}" needs it.`,
      attributePath("auth_login", name),
    );
    return { ok: false, diagnostics: [problem] };
  }
  return { ok: true, value: { ...value, login: credentialsOf(method, mount, given) } };
}

function requiredNames(method: string): readonly ("username" | "password" | "role_id")[] {
  return method === "userpass" ? ["username", "password"] : ["role_id"];
}

function credentialsOf(method: string, mount: string, given: LoginBlock): Credentials | undefined {
  if (method === "userpass") {
    const [username, password] = [text(given.username), text(given.password)];
    return username && password ? { method: "userpass", mount, username, password } : undefined;
  }
  const roleId = text(given.role_id);
  return (roleId && { method: "approle", mount, roleId, secretId: text(given.secret_id) ?? "" }) || undefined;
}
