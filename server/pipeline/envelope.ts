import type { Envelope } from "../http/envelope";
import { bareAnswer, emptyAnswer, envelopeText, errorAnswer } from "../http/envelope";
import type { HttpAnswer } from "../http/message";
import type { JsonInput } from "../sdk/json";
import { parseJson, RawJson, stringifyJson } from "../sdk/json";
import type { IssuedAuth, Outcome, ResponseData, WrapInfo } from "../sdk/outcome";
import type { Exchange } from "./exchange";

const NO_CONTENT = emptyAnswer();
const NOT_FOUND = errorAnswer(404, []);
const NO_WARNINGS: readonly string[] = [];

/** The answer of a request that did not fail. */
export function answerOf(exchange: Exchange): HttpAnswer {
  const { outcome } = exchange;
  if (outcome === undefined) return NO_CONTENT;
  switch (outcome.kind) {
    case "bare":
      return bareAnswer(outcome.status, outcome.body);
    case "raw":
      return { status: outcome.status, contentType: outcome.contentType, body: outcome.body };
    case "forwarded":
      return forwardedAnswer(exchange, outcome);
    case "empty":
      return warningsOf(exchange).length === 0 ? NO_CONTENT : { status: 200, body: envelopeOf(exchange) };
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
  const requestId = exchange.outcome?.kind === "wrapped" ? "" : exchange.id;
  return envelopeText({
    requestId,
    warnings: warningsOf(exchange),
    mountType: exchange.mountType,
    ...blocksOf(exchange),
  });
}

function blocksOf(exchange: Exchange): Partial<Envelope> {
  const { outcome, issuedAuth, issuedLease } = exchange;
  switch (outcome?.kind) {
    case "data":
      return {
        data: outcome.data,
        leaseDurationSeconds: outcome.leaseDurationSeconds,
        repeated: outcome.repeatAtTop === true ? membersOf(outcome.data) : undefined,
      };
    case "list":
      return { data: { keys: outcome.keys, key_info: outcome.keyInfo } };
    case "not_found":
      return { data: outcome.data };
    case "login":
      return { data: outcome.data, auth: issuedAuth === undefined ? null : authMembers(issuedAuth) };
    case "auth":
      return { auth: authMembers(outcome.auth) };
    case "wrapped":
      return { wrapInfo: wrapMembers(outcome.wrap) };
    case "lease":
      return { data: outcome.data, ...issuedLease };
    case "renewed_lease":
      return {
        leaseId: outcome.leaseId,
        renewable: outcome.renewable,
        leaseDurationSeconds: outcome.leaseDurationSeconds,
      };
    default:
      return {};
  }
}

type Data = (Outcome & { readonly kind: "data" })["data"];

function membersOf(data: Data): Envelope["repeated"] {
  if (data instanceof Map) return data;
  return isPlain(data) ? data : undefined;
}

function isPlain(data: Data): data is ResponseData {
  return data !== null && !(data instanceof RawJson) && !(data instanceof Map);
}

function warningsOf(exchange: Exchange): readonly string[] {
  const { outcome, fields } = exchange;
  const own = outcome !== undefined && "warnings" in outcome ? (outcome.warnings ?? NO_WARNINGS) : NO_WARNINGS;
  const ofFields = outcome?.kind === "forwarded" ? NO_WARNINGS : (fields?.warnings ?? NO_WARNINGS);
  if (own.length === 0 || ofFields.length === 0) return own.length === 0 ? ofFields : own;
  return [...own, ...ofFields];
}

/** The `auth` block in the order of the API. */
function authMembers(auth: IssuedAuth): Readonly<Record<string, JsonInput>> {
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

function wrapMembers(wrap: WrapInfo): Readonly<Record<string, JsonInput>> {
  return {
    token: wrap.token,
    accessor: wrap.accessor,
    ttl: wrap.ttlSeconds,
    creation_time: new Date(wrap.creationTimeMilliseconds).toISOString(),
    creation_path: wrap.creationPath,
    wrapped_accessor: wrap.wrappedAccessor,
  };
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
