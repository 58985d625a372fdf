import type { AuditedRequest, AuditedResponse } from "../../sdk/audit";
import type { JsonInput } from "../../sdk/json";
import { stringifyJson } from "../../sdk/json";
import type { IssuedAuth, Outcome, WrapInfo } from "../../sdk/outcome";
import type { TokenFacts } from "../../sdk/token";
import type { FileDeviceOptions } from "./device-options";
import { hashedJson } from "./hashed-json";
import type { SaltedHash } from "./salted-hash";

const WRITTEN_MAX = 4096;
const WRITTEN_LENGTH_MAX = 8192;

interface WrittenRequest {
  readonly operation: string;
  readonly text: string;
}

/** Writes requests and responses as lines of JSON in Vault's layout. */
export class EntryWriter {
  /** The caller's block per token: facts are frozen, and the same object for each request of a cached token. */
  private readonly callers = new WeakMap<TokenFacts, string>();
  /** What request entries said, by request id, for the response entries that follow. Bounded. */
  private written = new Map<string, WrittenRequest>();
  private timeText = "";
  private timeMilliseconds = -1;
  private readonly scalar = { write: (text: string): string => this.secret(text) };

  constructor(
    private readonly options: Pick<FileDeviceOptions, "logRaw" | "hashesAccessors" | "prefix">,
    private readonly hash: SaltedHash,
  ) {}

  requestLine(request: AuditedRequest, error: string, timeMilliseconds: number): string {
    return this.line("request", request, error, timeMilliseconds, "");
  }

  responseLine(request: AuditedRequest, response: AuditedResponse, timeMilliseconds: number): string {
    return this.line(
      "response",
      request,
      response.error,
      timeMilliseconds,
      `,"response":${this.response(request, response)}`,
    );
  }

  private line(
    type: "request" | "response",
    request: AuditedRequest,
    error: string,
    timeMilliseconds: number,
    rest: string,
  ): string {
    const errorText = error === "" ? "" : `,"error":${stringifyJson(error)}`;
    return (
      `${this.options.prefix}{"time":"${this.time(timeMilliseconds)}","type":"${type}",` +
      `${this.both(type, request)}${rest}${errorText}}\n`
    );
  }

  private time(milliseconds: number): string {
    if (milliseconds !== this.timeMilliseconds) {
      this.timeMilliseconds = milliseconds;
      this.timeText = new Date(milliseconds).toISOString();
    }
    return this.timeText;
  }

  private both(type: "request" | "response", request: AuditedRequest): string {
    const known = this.written.get(request.id);
    if (known !== undefined) this.written.delete(request.id);
    if (type === "response" && known !== undefined && known.operation === request.operation) return known.text;
    const text = `"auth":${this.auth(request)},"request":${this.request(request)}`;
    if (type === "request") this.remember(request, text);
    return text;
  }

  private remember({ id, operation }: AuditedRequest, text: string): void {
    if (this.written.size >= WRITTEN_MAX) this.written = new Map();
    if (text.length <= WRITTEN_LENGTH_MAX) this.written.set(id, { operation, text });
  }

  private auth(request: AuditedRequest): string {
    const { token } = request;
    if (token === undefined) return request.clientToken === "" ? "{}" : `{"client_token":${this.token(request)}}`;
    const known = this.callers.get(token);
    if (known !== undefined) return known;
    const text = this.caller(request, token);
    this.callers.set(token, text);
    return text;
  }

  private caller(request: AuditedRequest, token: TokenFacts): string {
    return (
      `{"client_token":${this.token(request)},"accessor":${this.accessor(token.accessor)},` +
      `"display_name":${stringifyJson(token.displayName)},"policies":${stringifyJson(token.policies)},` +
      `"token_policies":${stringifyJson(token.policies)},"metadata":${this.metadata(token)},` +
      `"entity_id":${stringifyJson(token.entityId)},"token_type":"${token.type}"}`
    );
  }

  private metadata(token: TokenFacts): string {
    return token.metadata.size === 0 ? "null" : stringifyJson(token.metadata);
  }

  private request(request: AuditedRequest): string {
    const wrapTtl = request.wrapTtlSeconds === undefined ? "" : `,"wrap_ttl":${request.wrapTtlSeconds}`;
    const data = request.data === undefined || request.data.size === 0 ? "" : `,"data":${this.requestData(request)}`;
    const accessor =
      request.token === undefined ? "" : `"client_token_accessor":${this.accessor(request.token.accessor)},`;
    const token = request.clientToken === "" ? "" : `"client_token":${this.token(request)},`;
    return (
      `{"id":${stringifyJson(request.id)},"operation":"${request.operation}",` +
      `"mount_point":${stringifyJson(request.mountPath)},"mount_type":${stringifyJson(request.mountType)},` +
      `"mount_accessor":${stringifyJson(request.mountAccessor)},"mount_class":"${request.mountClass}",${token}${accessor}` +
      `"namespace":{"id":"root"},"path":${stringifyJson(request.path)}${data},` +
      `"remote_address":${stringifyJson(request.remoteAddress)},"remote_port":${request.remotePort}${wrapTtl}}`
    );
  }

  private requestData(request: AuditedRequest): string {
    return this.document(request.data ?? null, request.clearRequestKeys, request.sensitiveKeys);
  }

  private response(request: AuditedRequest, response: AuditedResponse): string {
    const { outcome } = response;
    const auth = response.auth ?? (outcome?.kind === "auth" ? outcome.auth : undefined);
    const parts = [
      `"mount_point":${stringifyJson(request.mountPath)},"mount_type":${stringifyJson(request.mountType)}`,
      `"mount_accessor":${stringifyJson(request.mountAccessor)},"mount_class":"${request.mountClass}"`,
    ];
    if (auth !== undefined) parts.push(`"auth":${this.issued(auth)}`);
    if (response.leaseId !== "") parts.push(`"secret":${stringifyJson({ lease_id: response.leaseId })}`);
    if (outcome?.kind === "wrapped") parts.push(`"wrap_info":${this.wrapped(outcome.wrap)}`);
    const data = outcome === undefined ? undefined : dataOf(outcome);
    if (data !== undefined)
      parts.push(`"data":${this.document(data, request.clearResponseKeys, request.sensitiveKeys)}`);
    return `{${parts.join(",")}}`;
  }

  private issued(auth: IssuedAuth): string {
    return (
      `{"client_token":${this.secret(auth.clientToken)},"accessor":${this.accessor(auth.accessor)},` +
      `"policies":${stringifyJson(auth.policies)},"token_policies":${stringifyJson(auth.tokenPolicies)},` +
      `"metadata":${stringifyJson(auth.metadata)},"entity_id":${stringifyJson(auth.entityId)},` +
      `"token_type":"${auth.tokenType}","token_ttl":${auth.leaseDurationSeconds}}`
    );
  }

  private wrapped(wrap: WrapInfo): string {
    return (
      `{"ttl":${wrap.ttlSeconds},"token":${this.secret(wrap.token)},"accessor":${this.accessor(wrap.accessor)},` +
      `"creation_time":"${new Date(wrap.creationTimeMilliseconds).toISOString()}",` +
      `"creation_path":${stringifyJson(wrap.creationPath)}}`
    );
  }

  private document(value: JsonInput, clear: readonly string[], sensitive: ReadonlySet<string>): string {
    return this.options.logRaw ? stringifyJson(value) : hashedJson(value, this.scalar, clear, sensitive);
  }

  /** The presented token, or none. A known token's hash is remembered under its stored hash, never under itself. */
  private token(request: AuditedRequest): string {
    const { token, clientToken } = request;
    if (clientToken === "") return '""';
    if (this.options.logRaw) return stringifyJson(clientToken);
    const handle = token?.idHash ?? "";
    return `"${handle === "" ? this.hash.of(clientToken) : this.hash.ofRepeated(handle, clientToken)}"`;
  }

  private accessor(accessor: string): string {
    if (accessor === "" || this.options.logRaw || !this.options.hashesAccessors) return stringifyJson(accessor);
    return `"${this.hash.ofRepeated(`accessor ${accessor}`, accessor)}"`;
  }

  private secret(text: string): string {
    return this.options.logRaw ? stringifyJson(text) : `"${this.hash.of(text)}"`;
  }
}

/** What an outcome tells the client, as far as it is data. */
function dataOf(outcome: Outcome): JsonInput {
  switch (outcome.kind) {
    case "data":
      return outcome.data ?? undefined;
    case "lease":
    case "login":
    case "not_found":
      return outcome.data;
    case "list":
      return { keys: outcome.keys, key_info: outcome.keyInfo };
    case "bare":
      return outcome.body;
    case "raw":
    case "forwarded":
      return { http_raw_body: outcome.body.toString("latin1"), http_status_code: outcome.status };
    default:
      return undefined;
  }
}
