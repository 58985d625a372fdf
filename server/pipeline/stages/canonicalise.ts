import { tokenOf, vaultHeadersOf } from "../../http/headers";
import type { HttpRequest } from "../../http/message";
import type { RequestOperation } from "../../http/verbs";
import { verbOf } from "../../http/verbs";
import { parseDurationSeconds } from "../../sdk/duration";
import { ServerError } from "../../sdk/errors";
import type { OperationName } from "../../sdk/path";
import { canonicalPath, encodePath } from "../../sdk/path-canonical";
import type { Exchange } from "../exchange";

const OPERATIONS: Readonly<Record<RequestOperation, OperationName | undefined>> = {
  read: "read",
  head: "read",
  help: "read",
  list: "list",
  write: "update",
  patch: "patch",
  delete: "delete",
  scan: undefined,
  options: undefined,
};

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
  takeVerb(exchange, http.method, target.query);
  exchange.path = settledPath(target.path, exchange.operation);
  exchange.clientToken = presentedToken(http);
  exchange.wrapTtlSeconds = wrapTtl(headers.get("x-vault-wrap-ttl"));
  exchange.rawBody = http.body;
  exchange.contentType = headers.get("content-type");
  if (headers.get("x-vault-index") !== undefined) takeIndexes(exchange, http);
  if (headers.get("x-vault-namespace") !== undefined) checkNamespace(vaultHeadersOf(http).namespace);
}

/** A proxy may have joined several header lines by commas, which no state holds. */
function takeIndexes(exchange: Exchange, { headers }: HttpRequest): void {
  exchange.requiredIndexes = headers.all("x-vault-index").flatMap((line) => line.split(",").map((one) => one.trim()));
  exchange.waitsForIndex = headers.get("x-vault-inconsistent") !== "fail";
}

function takeVerb(exchange: Exchange, method: string, query: ReadonlyMap<string, readonly string[]>): void {
  const verb = verbOf(method, query);
  if (verb.refused) {
    throw new ServerError(verb.status === 405 ? "unsupported_operation" : "invalid_request", verb.message);
  }
  const operation = OPERATIONS[verb.operation];
  if (operation === undefined) throw new ServerError("unsupported_operation", { publicText: "" });
  exchange.operation = operation;
  exchange.query = verb.fields;
  if (verb.operation === "help") exchange.kind = "help";
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
  exchange.requiredIndexes = forwarded.requiredIndexes ?? [];
  exchange.waitsForIndex = forwarded.waitsForIndex ?? true;
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

/** A list is of a folder, whether it was asked for with the slash or not; nothing can be written to one. */
function settledPath(path: string, operation: OperationName): string {
  const isFolder = path.endsWith("/");
  if (operation === "list") return isFolder || path === "" ? path : `${path}/`;
  if (isFolder && (operation === "create" || operation === "update" || operation === "patch")) {
    throw new ServerError("invalid_request", "cannot write to a path ending in '/'");
  }
  return path;
}

/** Several header lines arrive joined by a comma, which no token holds. */
function presentedToken(http: HttpRequest): string {
  const token = tokenOf(http)?.trim() ?? "";
  if (token.includes(",")) throw new ServerError("invalid_request", "the request presents several tokens");
  return token;
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
function checkNamespace(namespace: string): void {
  if (namespace === "" || namespace === "root") return;
  throw new ServerError("invalid_request", "this server has no namespaces but the root namespace");
}
