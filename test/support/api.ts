import { readFileSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, Agent as TlsAgent } from "node:https";

/** An answer as a test wants to look at it. `body` is the parsed JSON; {} for an empty body. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: ApiBody;
  readonly text: string;
}

export interface ApiBody {
  readonly [name: string]: unknown;
  readonly data?: Record<string, unknown> | null;
  readonly auth?: Record<string, unknown> | null;
  readonly errors?: readonly string[];
  readonly warnings?: readonly string[] | null;
  readonly wrap_info?: Record<string, unknown> | null;
}

export interface ApiOptions {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMilliseconds?: number;
}

/** A plain client of the HTTP API for tests: sends what it is told and hides nothing. */
export class Api {
  private readonly agent: Agent | TlsAgent;
  private readonly secure: boolean;

  constructor(
    readonly address: string,
    readonly token?: string,
    caFile?: string,
  ) {
    this.secure = address.startsWith("https:");
    this.agent = this.secure
      ? new TlsAgent({ keepAlive: true, ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) })
      : new Agent({ keepAlive: true });
    this.caFile = caFile;
  }

  private readonly caFile: string | undefined;

  with(token: string): Api {
    return new Api(this.address, token, this.caFile);
  }

  close(): void {
    this.agent.destroy();
  }

  get(path: string, options?: ApiOptions): Promise<ApiAnswer> {
    return this.send("GET", path, undefined, options);
  }
  list(path: string, options?: ApiOptions): Promise<ApiAnswer> {
    return this.send("GET", `${path}?list=true`, undefined, options);
  }
  post(path: string, body: unknown = {}, options?: ApiOptions): Promise<ApiAnswer> {
    return this.send("POST", path, body, options);
  }
  delete(path: string, options?: ApiOptions): Promise<ApiAnswer> {
    return this.send("DELETE", path, undefined, options);
  }

  /** `path` without `/v1/`, sent as it is. A string body is sent as it is, anything else as JSON. */
  send(method: string, path: string, body?: unknown, options: ApiOptions = {}): Promise<ApiAnswer> {
    const payload = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const token = options.token ?? this.token;
    const headers: Record<string, string> = {
      ...(token === undefined ? {} : { "X-Vault-Token": token }),
      ...options.headers,
    };
    if (payload !== undefined) headers["Content-Length"] = String(Buffer.byteLength(payload));
    return new Promise((resolve, reject) => {
      const start = this.secure ? httpsRequest : httpRequest;
      const request = start(`${this.address}/v1/${path}`, { method, headers, agent: this.agent }, (message) => {
        const chunks: Buffer[] = [];
        message.on("data", (chunk: Buffer) => chunks.push(chunk));
        message.on("error", reject);
        message.on("end", () => resolve(answerOf(message, Buffer.concat(chunks).toString("utf8"))));
      });
      request.setTimeout(options.timeoutMilliseconds ?? 30_000, () =>
        request.destroy(new Error(`no answer: ${method} ${path}`)),
      );
      request.on("error", reject);
      request.end(payload);
    });
  }

  /** Like `send`, but anything above 299 is an error that shows the answer. */
  async must(method: string, path: string, body?: unknown, options?: ApiOptions): Promise<ApiBody> {
    const answer = await this.send(method, path, body, options);
    if (answer.status > 299)
      throw new Error(`${method} ${this.address}/v1/${path}: ${answer.status} ${answer.text.trim()}`);
    return answer.body;
  }
}

function answerOf(message: IncomingMessage, text: string): ApiAnswer {
  const isJson = text.startsWith("{");
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    text,
    body: isJson ? (JSON.parse(text) as ApiBody) : {},
  };
}
