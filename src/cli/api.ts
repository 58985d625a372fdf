import { setTimeout as sleep } from "node:timers/promises";
import { redact } from "../client/redact";
import { DEFAULT_RETRY, delayBeforeMs } from "../client/retry";
import { type JsonValue, parseLosslessJson } from "../protocol/lossless-json";
import { RefusalError } from "./failures";
import { texts } from "./json-members";
import { type Endpoint, exchange, type WireResponse } from "./transport";

/** About two seconds in all: long enough for a role change, short enough for a person. */
const ATTEMPTS_MAX = 6;

export interface ApiRequest {
  readonly method: "GET" | "POST" | "DELETE" | "LIST";
  /** Without `/v1/`; not encoded. */
  readonly path: string;
  readonly query?: ReadonlyMap<string, string>;
  /** The text of a JSON object, so that its numbers stay exact. */
  readonly body?: string;
  /** A token to use instead of the configured one; null: none. */
  readonly token?: string | null;
  /** Values in the request that must not appear in an error. */
  readonly secrets?: readonly string[];
  /** Statuses from 300 on that are answers rather than errors. A 404 is one only without a reason: the mount is there, the value is not. */
  readonly accept?: readonly number[];
}

export interface Answer {
  readonly status: number;
  /** What the server sent, byte for byte. */
  readonly text: string;
  /** Undefined if that was not JSON. */
  readonly body: JsonValue | undefined;
}

/** One server's API as the command line needs it: exact bytes both ways, refusals as errors without secrets. */
export class Api {
  constructor(
    private readonly endpoint: Endpoint,
    private readonly token: string | undefined,
    private readonly namespace: string | undefined,
  ) {}

  /** @throws RefusalError, TransportError */
  async call(request: ApiRequest): Promise<Answer> {
    const token = request.token === undefined ? this.token : (request.token ?? undefined);
    const response = await this.patiently(request, token);
    const body = parsed(response.text);
    const isAnswer = response.status >= 200 && response.status < 300;
    if (isAnswer || (request.accept?.includes(response.status) && !isExplained(response.status, body)))
      return { ...response, body };
    const secrets = [...(request.secrets ?? []), ...(token === undefined ? [] : [token])];
    const path = hiddenPath(request.path, secrets);
    const errors = texts(body, "errors").map((text) => hiddenText(text, request.path, path, secrets));
    const url = `${this.endpoint.address}/v1/${path}`;
    throw new RefusalError(request.method, url, response.status, errors, token !== undefined);
  }

  /** A cluster that changes its role or waits for an index says so before it does anything: the request can be repeated. */
  private async patiently(request: ApiRequest, token: string | undefined): Promise<WireResponse> {
    for (let attempt = 1; ; attempt += 1) {
      if (attempt > 1) await sleep(delayBeforeMs(DEFAULT_RETRY, attempt));
      const response = await this.exchange(request, token);
      const passes = DEFAULT_RETRY.statuses.includes(response.status) && !request.accept?.includes(response.status);
      if (!passes || attempt >= ATTEMPTS_MAX || /sealed|not initialized/i.test(response.text)) return response;
    }
  }

  private exchange({ method, path, query, body }: ApiRequest, token: string | undefined): Promise<WireResponse> {
    const headers = {
      "X-Vault-Request": "true",
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...(token !== undefined && { "X-Vault-Token": token }),
      ...(this.namespace !== undefined && { "X-Vault-Namespace": this.namespace }),
    };
    return exchange(this.endpoint, { method, target: target(path, query), headers, body });
  }
}

/** A mount that is not there says so; a value that is not there says nothing. */
function isExplained(status: number, body: JsonValue | undefined): boolean {
  return status === 404 && texts(body, "errors").length > 0;
}

/** Segment by segment: a long path as a whole looks like base64. */
function hiddenPath(path: string, secrets: readonly string[]): string {
  return path
    .split("/")
    .map((segment) => redact(segment, secrets))
    .join("/");
}

/** The path that was asked for stays readable where the server repeats it. */
function hiddenText(text: string, path: string, shownPath: string, secrets: readonly string[]): string {
  return text
    .split(path)
    .map((part) => redact(part, secrets))
    .join(shownPath);
}

/** Each segment is encoded, so that a name with a question mark or a space stays one segment. */
function target(path: string, query: ReadonlyMap<string, string> | undefined): string {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  const search = query === undefined ? "" : new URLSearchParams([...query]).toString();
  return `/v1/${encoded}${search === "" ? "" : `?${search}`}`;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return text.trim() === "" ? undefined : parseLosslessJson(text);
  } catch {
    return undefined;
  }
}
