import type { JsonInput } from "../sdk/json";
import { stringifyJson } from "../sdk/json";
import type { HeaderLine } from "./answer";
import type { HttpAnswer } from "./message";

type JsonMembers = ReadonlyMap<string, JsonInput> | { readonly [name: string]: JsonInput };

/** Vault's envelope. Blocks are given ready to write, in the key order they should have. */
export interface Envelope {
  readonly requestId: string;
  readonly leaseId?: string | undefined;
  readonly renewable?: boolean | undefined;
  readonly leaseDurationSeconds?: number | undefined;
  readonly data?: JsonInput;
  readonly wrapInfo?: JsonInput;
  readonly warnings?: readonly string[] | undefined;
  readonly auth?: JsonInput;
  /** Left out of the envelope when undefined. */
  readonly mountType?: string | undefined;
  /** Members repeated before the envelope (some sys answers). A name of the envelope itself is not repeated. */
  readonly repeated?: JsonMembers | undefined;
}

const ENVELOPE_NAMES = new Set([
  "request_id",
  "lease_id",
  "renewable",
  "lease_duration",
  "data",
  "wrap_info",
  "warnings",
  "auth",
  "mount_type",
]);

/** JSON text with the newline at its end. */
export function envelopeText(envelope: Envelope): string {
  const { warnings, mountType } = envelope;
  const lease = envelope.leaseId === undefined ? '""' : stringifyJson(envelope.leaseId);
  return (
    `{${envelope.repeated === undefined ? "" : repeatedText(envelope.repeated)}` +
    `"request_id":${stringifyJson(envelope.requestId)},"lease_id":${lease}` +
    `,"renewable":${envelope.renewable === true},"lease_duration":${envelope.leaseDurationSeconds ?? 0}` +
    `,"data":${stringifyJson(envelope.data ?? null)},"wrap_info":${stringifyJson(envelope.wrapInfo ?? null)}` +
    `,"warnings":${warnings === undefined || warnings.length === 0 ? "null" : stringifyJson(warnings)}` +
    `,"auth":${stringifyJson(envelope.auth ?? null)}` +
    `${mountType === undefined ? "" : `,"mount_type":${stringifyJson(mountType)}`}}\n`
  );
}

function repeatedText(members: JsonMembers): string {
  const entries: Iterable<readonly [string, JsonInput]> = members instanceof Map ? members : Object.entries(members);
  let text = "";
  for (const [name, value] of entries) {
    if (value !== undefined && !ENVELOPE_NAMES.has(name)) text += `${stringifyJson(name)}:${stringifyJson(value)},`;
  }
  return text;
}

export function envelopeAnswer(envelope: Envelope, status = 200, headers?: readonly HeaderLine[]): HttpAnswer {
  return { status, headers, body: envelopeText(envelope) };
}

/** Without the envelope: sys/health, sys/init, seal-status and their like. */
export function bareAnswer(status: number, body: JsonInput, headers?: readonly HeaderLine[]): HttpAnswer {
  return { status, headers, body: `${stringifyJson(body)}\n` };
}

export function emptyAnswer(headers?: readonly HeaderLine[]): HttpAnswer {
  return { status: 204, headers };
}

/** `{"errors":[...]}`; with data, as a deleted kv version has it, `{"errors":[...],"data":...}`. */
export function errorAnswer(
  status: number,
  errors: readonly string[],
  data?: JsonInput,
  headers?: readonly HeaderLine[],
): HttpAnswer {
  const dataText = data === undefined ? "" : `,"data":${stringifyJson(data)}`;
  return { status, headers, body: `{"errors":${stringifyJson(errors)}${dataText}}\n` };
}
