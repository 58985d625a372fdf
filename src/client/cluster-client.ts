import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../framework/logger";
import { ApiError, UnreachableError } from "./errors";
import type { Endpoint, HttpRequest, HttpResponse, Send } from "./http";
import { textsAt } from "./json";
import { redact } from "./redact";
import { DEFAULT_RETRY, delayBeforeMs, neverSent, REFUSED_ATTEMPTS_MAX, type RetryPolicy } from "./retry";

export interface ApiAnswer {
  readonly status: number;
  /** Parsed; numbers beyond 2^53 lose digits, use `text` where that matters. `undefined` if the answer had no JSON. */
  readonly body: unknown;
  readonly text: string;
}

export interface RequestOptions {
  /** A token to use instead of the session's; null: none at all. */
  readonly token?: string | null;
  /** Values in the request that must not appear in an error. */
  readonly secrets?: readonly string[];
  readonly retry?: RetryPolicy;
  /** Statuses from 300 on that are answers rather than errors; 404 always makes `get` undefined. */
  readonly accept?: readonly number[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Without the question mark, encoded. */
  readonly query?: string;
}

/** A body that is JSON text already, so that its numbers stay exact. */
export class JsonText {
  constructor(readonly text: string) {}
}

export type RequestBody = JsonText | Readonly<Record<string, unknown>>;

export interface TokenSource {
  /** A token for this cluster; logs in if need be. Null: requests go without. */
  token(signal: AbortSignal): Promise<string | null>;
  /** The server refused this token. True if another one can be had. */
  refused(token: string): boolean;
}

/** One cluster's API, bound to one operation: its cancellation and its log. Paths come without `/v1/`. */
export class ClusterClient {
  constructor(
    readonly endpoint: Endpoint,
    private readonly send: Send,
    private readonly tokens: TokenSource,
    readonly signal: AbortSignal,
    private readonly log: Logger,
  ) {}

  get name(): string {
    return this.endpoint.cluster;
  }

  get address(): string {
    return this.endpoint.address;
  }

  /** Undefined if there is nothing (404). */
  async get(path: string, options: RequestOptions = {}): Promise<ApiAnswer | undefined> {
    const answer = await this.request("GET", path, undefined, { ...options, accept: [404, ...(options.accept ?? [])] });
    return answer.status === 404 ? undefined : answer;
  }

  async post(path: string, body: RequestBody = {}, options: RequestOptions = {}): Promise<ApiAnswer> {
    return this.request("POST", path, body, options);
  }

  /** What is already gone counts as deleted. */
  async delete(path: string, options: RequestOptions = {}): Promise<void> {
    await this.request("DELETE", path, undefined, { ...options, accept: [404, ...(options.accept ?? [])] });
  }

  /** Names below a path; empty if there are none. */
  async list(path: string, options: RequestOptions = {}): Promise<readonly string[]> {
    const answer = await this.request("LIST", path, undefined, {
      ...options,
      accept: [404, ...(options.accept ?? [])],
    });
    return answer.status === 404 ? [] : textsAt(answer.body, "data", "keys");
  }

  private async request(
    method: HttpRequest["method"],
    path: string,
    body: RequestBody | undefined,
    options: RequestOptions,
  ): Promise<ApiAnswer> {
    const token = await this.tokenFor(options);
    const answer = await this.exchange(method, path, body, token, options);
    if (answer.status === 403 && options.token === undefined && token !== null && this.tokens.refused(token)) {
      const fresh = await this.tokens.token(this.signal);
      return this.checked(method, path, await this.exchange(method, path, body, fresh, options), fresh, options);
    }
    return this.checked(method, path, answer, token, options);
  }

  private async tokenFor(options: RequestOptions): Promise<string | null> {
    return options.token === undefined ? this.tokens.token(this.signal) : options.token;
  }

  private async exchange(
    method: HttpRequest["method"],
    path: string,
    body: RequestBody | undefined,
    token: string | null,
    options: RequestOptions,
  ): Promise<HttpResponse> {
    const text = body === undefined ? undefined : bodyText(body);
    const headers = {
      "X-Vault-Request": "true",
      ...(text !== undefined && { "Content-Type": "application/json" }),
      ...(token !== null && { "X-Vault-Token": token }),
      ...options.headers,
    };
    return this.withRetries({ method, url: urlOf(path, options.query), headers, body: text }, path, options);
  }

  private async withRetries(request: HttpRequest, path: string, options: RequestOptions): Promise<HttpResponse> {
    const policy = options.retry ?? DEFAULT_RETRY;
    for (let attempt = 1; ; attempt += 1) {
      if (attempt > 1) await sleep(delayBeforeMs(policy, attempt), undefined, { signal: this.signal });
      const last = attempt >= policy.attemptsMax;
      try {
        const response = await this.send(request, this.signal);
        this.log.debug("request", { cluster: this.name, method: request.method, path, status: response.status });
        const retried = policy.statuses.includes(response.status) && !options.accept?.includes(response.status);
        if (last || !retried || /sealed|not initialized/i.test(response.text)) return response;
      } catch (error) {
        const refused = error instanceof UnreachableError && neverSent(error.code);
        if (last || !refused || !policy.connectionRefused || attempt >= REFUSED_ATTEMPTS_MAX) throw error;
      }
    }
  }

  private checked(
    method: string,
    path: string,
    response: HttpResponse,
    token: string | null,
    options: RequestOptions,
  ): ApiAnswer {
    const body = parseIfJson(response.text);
    if (response.status < 300 || options.accept?.includes(response.status)) {
      return { status: response.status, body, text: response.text };
    }
    const secrets = [...(options.secrets ?? []), ...(token === null ? [] : [token])];
    const errors = textsAt(body, "errors").map((text) => redact(text, secrets));
    const explained = response.status === 403 && errors.length === 0 ? ["permission denied"] : errors;
    throw new ApiError(this.name, this.address, method, path, response.status, explained);
  }
}

function bodyText(body: RequestBody): string {
  return body instanceof JsonText ? body.text : JSON.stringify(body);
}

/** Each segment is encoded, so that a name with a question mark or a space stays one segment. */
function urlOf(path: string, query: string | undefined): string {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return `/v1/${encoded}${query === undefined ? "" : `?${query}`}`;
}

function parseIfJson(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
