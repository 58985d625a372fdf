import type { PathMatch } from "../../router/match";
import { matchPath } from "../../router/match";
import { asciiLowerCase } from "../../sdk/ascii";
import type { MountContext } from "../../sdk/mount";
import type { Exchange, RequestKind } from "../exchange";
import type { PipelinePorts } from "../ports";

/**
 * Finds mount, path and operation. Finding none is no error yet: who has no permission must not learn what exists, so
 * `checkRoute` says it after the policy check.
 */
export function findRoute(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  const { pending } = ports.router;
  if (pending !== undefined) return pending.then(() => lookUp(exchange, ports));
  lookUp(exchange, ports);
  return undefined;
}

function lookUp(exchange: Exchange, ports: PipelinePorts): void {
  const mount = ports.router.route(exchange.path);
  exchange.mount = mount;
  if (mount === undefined) return;
  const relative = exchange.path.slice(mount.entry.path.length);
  const match = matchPath(mount.tree, relative.endsWith("/") ? relative.slice(0, -1) : relative);
  if (match === undefined) return;
  const folded = match.path.declaration.foldsCase === true ? asciiLowerCase(exchange.path) : exchange.path;
  if (folded !== exchange.path) {
    exchange.path = folded;
    lookUp(exchange, ports);
    return;
  }
  settleFolder(exchange, match);
  exchange.match = match;
  const { operations } = match.path.declaration;
  const write = exchange.operation === "create" || exchange.operation === "update";
  exchange.declaration = write ? (operations.update ?? operations.create) : operations[exchange.operation];
  if (exchange.kind === "authenticated" && exchange.declaration?.unauthenticated === true) {
    exchange.kind = openKind(mount.entry.kind);
  }
  openToAll(exchange);
}

/** What the operator opened on the listener that the request came over. */
function openToAll(exchange: Exchange): void {
  const opening = exchange.declaration?.opensWith;
  if (opening === undefined || exchange.kind !== "authenticated" || !exchange.listenerOpens.has(opening)) return;
  exchange.isOpened = true;
  exchange.kind = "unauthenticated";
}

function openKind(kind: "secret" | "auth"): RequestKind {
  return kind === "auth" ? "login" : "unauthenticated";
}

/**
 * `sys/mounts/` is `sys/mounts`, and is authorised and audited as that; `secret/a/` is no secret. A list keeps its slash.
 */
function settleFolder(exchange: Exchange, match: PathMatch<MountContext>): void {
  if (exchange.operation === "list" || !exchange.path.endsWith("/")) return;
  if (match.path.endsInLiteral && match.path.declaration.template !== "") exchange.path = exchange.path.slice(0, -1);
  else exchange.isFolder = true;
}
