import type { HttpRequest } from "../../http/message";
import { toBoolean } from "../../router/field-types";
import { parseDurationSeconds } from "../../sdk/duration";
import { ServerError } from "../../sdk/errors";
import type { OperationName } from "../../sdk/path";
import { canonicalPath, encodePath } from "../../sdk/path-canonical";
import type { Exchange } from "../exchange";

const OPERATIONS: ReadonlyMap<string, OperationName> = new Map([
  ["GET", "read"],
  ["HEAD", "read"],
  ["LIST", "list"],
  ["POST", "update"],
  ["PUT", "update"],
  ["PATCH", "patch"],
  ["DELETE", "delete"],
]);

const BEARER = /^bearer +(\S+)$/i;
const WRAP_TTL_SECONDS_MAX = 32 * 24 * 3600;

/**
 * Turns what arrived into the one spelling that everything behind looks at: path, operation, token, wrapping. What is
 * ambiguous ends here, before any mount, policy or body is looked at.
 */
export function canonicalise(exchange: Exchange): undefined {
  const { http, forwarded } = exchange;
  if (forwarded !== undefined) takeForwarded(exchange, forwarded);
  else if (http !== undefined) takeHttp(exchange, http);
  return undefined;
}

function takeHttp(exchange: Exchange, http: HttpRequest): void {
  const { headers, connection } = http;
  exchange.remoteAddress = connection.remoteAddress;
  exchange.remotePort = connection.remotePort;
  const target = canonicalPath(http.target);
  if (!target.ok) throw refusedPath(target.code, target.message);
  exchange.query = target.query;
  exchange.operation = operationOf(http.method, target.query);
  exchange.path = settledPath(target.path, exchange.operation);
  exchange.clientToken = presentedToken(headers.get("x-vault-token"), headers.get("authorization"));
  exchange.wrapTtlSeconds = wrapTtl(headers.get("x-vault-wrap-ttl"));
  exchange.rawBody = http.body;
  exchange.contentType = headers.get("content-type");
  if (headers.get("x-vault-index") !== undefined) exchange.requiredIndexes = headers.all("x-vault-index");
  checkNamespace(headers.get("x-vault-namespace"));
  if (flag(target.query, "help")) exchange.kind = "help";
}

function takeForwarded(exchange: Exchange, forwarded: NonNullable<Exchange["forwarded"]>): void {
  const { caller } = forwarded;
  exchange.remoteAddress = forwarded.remoteAddress;
  exchange.query = forwarded.query;
  exchange.operation = forwarded.operation;
  exchange.path = settledPath(canonicalAgain(forwarded.path), forwarded.operation);
  exchange.rawBody = forwarded.body;
  exchange.contentType = forwarded.contentType;
  exchange.wrapTtlSeconds = forwarded.wrapTtlSeconds;
  if (caller.kind === "token") exchange.clientToken = caller.token?.toString("latin1") ?? "";
  else {
    exchange.kind = "forwarded";
    exchange.token = caller.facts;
  }
}

/** What another cluster sends is checked as if a client had sent it. */
function canonicalAgain(path: string): string {
  const target = canonicalPath(`/v1/${encodePath(path)}`);
  if (!target.ok || target.path !== path)
    throw new ServerError("invalid_request", "the forwarded path is not canonical");
  return path;
}

function refusedPath(code: string, message: string): ServerError {
  return code === "outside_v1" ? new ServerError("not_found") : new ServerError("invalid_request", message);
}

function operationOf(method: string, query: ReadonlyMap<string, readonly string[]>): OperationName {
  const operation = OPERATIONS.get(method);
  if (operation === undefined) throw new ServerError("unsupported_operation", { publicText: "" });
  return method === "GET" && query.size > 0 && flag(query, "list") ? "list" : operation;
}

function flag(query: ReadonlyMap<string, readonly string[]>, name: string): boolean {
  const text = query.size === 0 ? undefined : query.get(name)?.[0];
  if (text === undefined) return false;
  const value = text === "" ? undefined : toBoolean(text);
  if (value === undefined) throw new ServerError("invalid_request", `the query parameter "${name}" is no boolean`);
  return value;
}

/** A list is of a folder, whether it was asked for with the slash or not; nothing can be written to one. */
function settledPath(path: string, operation: OperationName): string {
  const isFolder = path.endsWith("/");
  if (operation === "list") return isFolder || path === "" ? path : `${path}/`;
  if (isFolder && (operation === "create" || operation === "update" || operation === "patch")) {
    throw new ServerError("invalid_request", "cannot write to a path ending in '/'");
  }
  return path;
}

function presentedToken(vaultToken: string | undefined, authorization: string | undefined): string {
  const bearer = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  const token = vaultToken ?? bearer ?? "";
  if (bearer !== undefined && vaultToken !== undefined && bearer !== vaultToken) {
    throw new ServerError("invalid_request", "the request presents two different tokens");
  }
  if (token.includes(",")) throw new ServerError("invalid_request", "the request presents several tokens");
  return token.trim();
}

function wrapTtl(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const seconds = text.length > 32 ? undefined : parseDurationSeconds(text);
  if (seconds === undefined) throw new ServerError("invalid_request", "X-Vault-Wrap-TTL is no duration");
  if (seconds > WRAP_TTL_SECONDS_MAX)
    throw new ServerError("invalid_request", "X-Vault-Wrap-TTL is longer than 32 days");
  const whole = Math.floor(seconds);
  return whole === 0 ? undefined : whole;
}

/** A namespace that is not there must not be answered from the root. */
function checkNamespace(text: string | undefined): void {
  if (text === undefined || text === "" || text === "/" || text === "root" || text === "root/") return;
  throw new ServerError("invalid_request", "this server has no namespaces but the root namespace");
}
