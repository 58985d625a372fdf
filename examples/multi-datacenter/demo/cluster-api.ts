import { Agent, request } from "node:https";
import { DemoFailure } from "./failure";
import { textAt } from "./json";

export interface Answer {
  readonly status: number;
  /** Parsed JSON; undefined for an empty body. */
  readonly body: unknown;
}

const ANSWER_LIMIT_MS = 10_000;

/** One cluster's HTTP API, over TLS that is checked against the cluster's own authority. */
export class ClusterApi {
  private readonly agent: Agent;

  public constructor(
    public readonly name: string,
    /** `https://host:port`. */
    public readonly address: string,
    caCertPem: string,
  ) {
    this.agent = new Agent({ keepAlive: true, ca: caCertPem });
  }

  public get(path: string, token = ""): Promise<Answer> {
    return this.send("GET", path, token);
  }

  public post(path: string, body: object, token = ""): Promise<Answer> {
    return this.send("POST", path, token, JSON.stringify(body));
  }

  public close(): void {
    this.agent.destroy();
  }

  /** @returns the client token of a login */
  public async login(path: string, body: object): Promise<string> {
    const answer = await this.post(`auth/${path}`, body);
    const token = textAt(answer.body, "auth", "client_token");
    if (token !== "") return token;
    throw new DemoFailure(`a login at ${this.name} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  private send(method: string, path: string, token: string, payload?: string): Promise<Answer> {
    const headers = {
      ...(token !== "" && { "X-Vault-Token": token }),
      ...(payload !== undefined && { "Content-Length": Buffer.byteLength(payload) }),
    };
    return new Promise((resolve, reject) => {
      const options = { method, headers, agent: this.agent };
      const sent = request(`${this.address}/v1/${path}`, options, (message) => {
        const chunks: Buffer[] = [];
        message.on("data", (chunk: Buffer) => chunks.push(chunk));
        message.on("error", reject);
        message.on("end", () => resolve({ status: message.statusCode ?? 0, body: parsed(Buffer.concat(chunks)) }));
      });
      sent.setTimeout(ANSWER_LIMIT_MS, () => sent.destroy(new Error(`${this.name} does not answer ${method} ${path}`)));
      sent.on("error", reject);
      sent.end(payload);
    });
  }
}

function parsed(bytes: Buffer): unknown {
  return bytes.length === 0 ? undefined : JSON.parse(bytes.toString("utf8"));
}
