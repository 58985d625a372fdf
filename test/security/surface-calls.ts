import type { Api } from "../support/api";
import type { ServerProcess } from "../support/server-process";

/**
 * What answers a caller without a token, per state of the node, as an explicit list (advisories about endpoints that answered
 * anybody on a standby, a secondary or a sealed node). A new entry here is a decision, not a by-product.
 */
const STATUS = ["GET sys/health", "GET sys/init", "GET sys/seal-status"];
export const OPEN_WHILE_SEALED = [...STATUS, "POST sys/init", "POST sys/init/confirm", "POST sys/unseal"];
export const OPEN = [
  ...OPEN_WHILE_SEALED,
  "GET sys/internal/specs/openapi",
  "GET sys/internal/ui/mounts",
  "GET sys/internal/ui/mounts/{path}",
  "GET sys/leader",
  "GET sys/replication/dr/secondary/license",
  "GET sys/replication/dr/secondary/license/status",
  "GET sys/replication/dr/secondary/promote",
  "GET sys/replication/dr/status",
  "GET sys/replication/performance/status",
  "GET sys/replication/status",
  "GET sys/wrapping/lookup",
  "POST auth/approle/login",
  "POST auth/userpass/login/{username}",
  "POST sys/internal/specs/openapi",
  // There is no licence: these say so to anybody.
  "POST sys/replication/dr/secondary/config/reload/{subsystem}",
  "POST sys/replication/dr/secondary/license",
  "POST sys/replication/dr/secondary/license/signed",
  // These ask for the DR operation token themselves.
  "POST sys/replication/dr/secondary/disable",
  "POST sys/replication/dr/secondary/divergence",
  "POST sys/replication/dr/secondary/divergence/{id}",
  "POST sys/replication/dr/secondary/divergence/{id}/discard",
  "POST sys/replication/dr/secondary/divergence/{id}/entry",
  "POST sys/replication/dr/secondary/divergence/{id}/replay",
  "POST sys/replication/dr/secondary/failover/plan",
  "POST sys/replication/dr/secondary/merkle-check",
  "POST sys/replication/dr/secondary/operation-token/delete",
  "POST sys/replication/dr/secondary/promote",
  "POST sys/replication/dr/secondary/recover",
  "POST sys/replication/dr/secondary/reindex",
  "POST sys/replication/dr/secondary/update-primary",
  "POST sys/wrapping/lookup",
];

export type Call = readonly [method: string, template: string];

export const DENIED = '403 {"errors":["permission denied"]}';
export const SEALED = '503 {"errors":["Vault is sealed"]}';

/** All routes of a server with every engine mounted, from its own description. */
export async function declaredCalls(described: ServerProcess): Promise<readonly Call[]> {
  const api = described.api.with((await described.initialize()).rootToken);
  await mountAll(api);
  const { paths } = await api.must("GET", "sys/internal/specs/openapi");
  const found = Object.entries(paths as Record<string, Record<string, unknown>>).flatMap(([path, item]) =>
    ["get", "post", "delete", "patch"]
      .filter((verb) => verb in item)
      .map((verb): Call => [verb.toUpperCase(), mounted(path.slice(1))]),
  );
  api.close();
  return found;
}

const MOUNTS = new Map([
  ["{kv_v2_mount_path}", "secret"],
  ["{kv_v1_mount_path}", "plain"],
  ["{userpass_mount_path}", "userpass"],
  ["{approle_mount_path}", "approle"],
]);

function mounted(template: string): string {
  return template.replace(/\{\w+_mount_path\}/, (name) => MOUNTS.get(name) ?? name);
}

export async function mountAll(api: Api): Promise<void> {
  await api.must("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await api.must("POST", "sys/mounts/plain", { type: "kv" });
  for (const type of ["userpass", "approle"]) await api.must("POST", `sys/auth/${type}`, { type });
}

/** Calls that anything but the one refusal of this state answers. */
export async function answering(
  server: ServerProcess,
  calls: readonly Call[],
  refusal: string,
): Promise<readonly string[]> {
  const open: string[] = [];
  for (const [method, template] of calls) {
    const path = template.replace(/\{[^}]+\}/g, "x");
    const body = method === "GET" || method === "DELETE" ? undefined : {};
    const answer = await server.api.send(method, path, body);
    if (`${answer.status} ${answer.text.trim()}` !== refusal) open.push(`${method} ${template}`);
  }
  return open.sort();
}
