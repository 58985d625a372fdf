import type { HttpAnswer } from "../http/message";
import type { JsonInput } from "../sdk/json";
import { parseJson, stringifyJson } from "../sdk/json";
import type { IssuedAuth, Outcome, ResponseData, ResponseValue, WrapInfo } from "../sdk/outcome";
import type { Exchange } from "./exchange";

const NO_CONTENT: HttpAnswer = { status: 204 };
const NOT_FOUND: HttpAnswer = { status: 404, body: '{"errors":[]}\n' };

interface EnvelopeParts {
  readonly data: string;
  readonly auth: string;
  readonly wrap: string;
  readonly warnings: string;
  readonly leaseId: string;
  readonly renewable: boolean;
  readonly leaseDurationSeconds: number;
}

const EMPTY: EnvelopeParts = {
  data: "null",
  auth: "null",
  wrap: "null",
  warnings: "null",
  leaseId: "",
  renewable: false,
  leaseDurationSeconds: 0,
};

/** The answer of a request that did not fail. */
export function answerOf(exchange: Exchange): HttpAnswer {
  const { outcome } = exchange;
  if (outcome === undefined) return NO_CONTENT;
  switch (outcome.kind) {
    case "bare":
      return { status: outcome.status, body: `${stringifyJson(outcome.body)}\n` };
    case "raw":
      return { status: outcome.status, contentType: outcome.contentType, body: outcome.body };
    case "forwarded":
      return forwardedAnswer(exchange, outcome);
    case "empty":
      return warningsOf(exchange) === "null" ? NO_CONTENT : { status: 200, body: envelopeOf(exchange) };
    case "list":
      return outcome.keys.length === 0 ? NOT_FOUND : { status: 200, body: envelopeOf(exchange) };
    case "not_found":
      return outcome.data === undefined ? NOT_FOUND : { status: 404, body: envelopeOf(exchange) };
    case "data":
      return { status: outcome.status ?? 200, body: envelopeOf(exchange) };
    default:
      return { status: 200, body: envelopeOf(exchange) };
  }
}

/** What response wrapping keeps: the plain envelope. Undefined: there is nothing to wrap. */
export function wrappableBody(exchange: Exchange): Buffer | undefined {
  const { outcome } = exchange;
  switch (outcome?.kind) {
    case "data":
    case "login":
    case "auth":
    case "lease":
      return Buffer.from(envelopeOf(exchange), "utf8");
    case "list":
      return outcome.keys.length === 0 ? undefined : Buffer.from(envelopeOf(exchange), "utf8");
    case "forwarded":
      return outcome.status === 200 ? outcome.body : undefined;
    default:
      return undefined;
  }
}

function envelopeOf(exchange: Exchange): string {
  const { outcome } = exchange;
  const parts = { ...EMPTY, warnings: warningsOf(exchange), ...partsOf(exchange) };
  const id = outcome?.kind === "wrapped" ? "" : exchange.id;
  const head = `{"request_id":"${id}","lease_id":${stringifyJson(parts.leaseId)},"renewable":${parts.renewable}`;
  const middle = `,"lease_duration":${parts.leaseDurationSeconds},"data":${parts.data},"wrap_info":${parts.wrap}`;
  const tail = `,"warnings":${parts.warnings},"auth":${parts.auth},"mount_type":${stringifyJson(exchange.mountType)}`;
  const repeat = outcome?.kind === "data" && outcome.repeatAtTop === true && parts.data.length > 2;
  const top = repeat && parts.data.startsWith("{") ? `,${parts.data.slice(1, -1)}` : "";
  return `${head}${middle}${tail}${top}}\n`;
}

function partsOf(exchange: Exchange): Partial<EnvelopeParts> {
  const { outcome, issuedAuth, issuedLease } = exchange;
  switch (outcome?.kind) {
    case "data":
      return { data: stringifyJson(outcome.data), leaseDurationSeconds: outcome.leaseDurationSeconds ?? 0 };
    case "list":
      return { data: stringifyJson({ keys: outcome.keys, key_info: outcome.keyInfo }) };
    case "not_found":
      return { data: text(outcome.data) };
    case "login":
      return { data: text(outcome.data), auth: issuedAuth === undefined ? "null" : authText(issuedAuth) };
    case "auth":
      return { auth: authText(outcome.auth) };
    case "wrapped":
      return { wrap: wrapText(outcome.wrap) };
    case "lease":
      return { data: text(outcome.data), ...issuedLease };
    default:
      return {};
  }
}

function text(data: ResponseData | undefined): string {
  return data === undefined ? "null" : stringifyJson(data);
}

function warningsOf(exchange: Exchange): string {
  const { outcome, fields } = exchange;
  const own = outcome !== undefined && "warnings" in outcome ? (outcome.warnings ?? []) : [];
  const all = outcome?.kind === "forwarded" ? own : [...own, ...(fields?.warnings ?? [])];
  return all.length === 0 ? "null" : stringifyJson(all);
}

function authText(auth: IssuedAuth): string {
  return stringifyJson(authMembers(auth));
}

/** The `auth` block in the order of the API. */
export function authMembers(auth: IssuedAuth): Readonly<Record<string, ResponseValue>> {
  return {
    client_token: auth.clientToken,
    accessor: auth.accessor,
    policies: auth.policies,
    token_policies: auth.tokenPolicies,
    identity_policies: auth.identityPolicies.length === 0 ? undefined : auth.identityPolicies,
    metadata: auth.metadata,
    lease_duration: auth.leaseDurationSeconds,
    renewable: auth.renewable,
    entity_id: auth.entityId,
    token_type: auth.tokenType,
    orphan: auth.orphan,
    mfa_requirement: null,
    num_uses: auth.numUses,
  };
}

function wrapText(wrap: WrapInfo): string {
  const members: Readonly<Record<string, JsonInput>> = {
    token: wrap.token,
    accessor: wrap.accessor,
    ttl: wrap.ttlSeconds,
    creation_time: new Date(wrap.creationTimeMilliseconds).toISOString(),
    creation_path: wrap.creationPath,
    wrapped_accessor: wrap.wrappedAccessor,
  };
  return stringifyJson(members);
}

/** Another cluster's answer as it is; with a warning of this cluster, put into its envelope. */
function forwardedAnswer(exchange: Exchange, outcome: Outcome & { readonly kind: "forwarded" }): HttpAnswer {
  const { status, headers, body } = outcome;
  const warnings = outcome.warnings ?? [];
  if (warnings.length === 0 || status >= 400) return { status, headers, body };
  if (status === 204) return { status: 200, headers, body: envelopeOf(exchange) };
  const envelope = parseJson(body);
  if (!(envelope instanceof Map)) return { status, headers, body };
  const before = envelope.get("warnings");
  envelope.set("warnings", [...(Array.isArray(before) ? before : []), ...warnings]);
  return { status, headers, body: `${stringifyJson(envelope)}\n` };
}
