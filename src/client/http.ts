import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { errorCode } from "../operator/error-code";
import { ConfigurationError, UnreachableError } from "./errors";

const TIMEOUT_MS = 60_000;
const RESPONSE_BYTES_MAX = 64 * 1024 * 1024;

/** Where a cluster's API is and whom to trust there. */
export interface Endpoint {
  readonly cluster: string;
  /** `https://host:port`, no slash at the end. */
  readonly address: string;
  /** Only this authority is trusted; undefined: the system's. */
  readonly caCertPem: string | undefined;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "DELETE" | "LIST";
  /** Begins with `/v1/`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly text: string;
}

export type Send = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

const TLS_CODES = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_SIGNATURE_FAILURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

export interface Sender {
  readonly send: Send;
  close(): void;
}

/** Axios and its agents are loaded at the first request: a plan that needs no server does not pay for them. */
export function makeSender(endpoint: Endpoint): Sender {
  const agents = {
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({
      keepAlive: true,
      minVersion: "TLSv1.2",
      ...(endpoint.caCertPem && { ca: endpoint.caCertPem }),
    }),
  };
  const load = async () => {
    const { default: axios } = await import("axios");
    return axios.create({
      ...agents,
      baseURL: endpoint.address,
      timeout: TIMEOUT_MS,
      maxRedirects: 0,
      maxContentLength: RESPONSE_BYTES_MAX,
      maxBodyLength: RESPONSE_BYTES_MAX,
      responseType: "text",
      transformRequest: [(data: unknown) => data],
      transformResponse: [(data: unknown) => data],
      validateStatus: () => true,
      ...(isLoopback(endpoint.address) && { proxy: false as const }),
    });
  };
  let instance: ReturnType<typeof load> | undefined;
  const send: Send = async ({ method, url, headers, body }, signal) => {
    instance ??= load();
    const axios = await instance;
    try {
      const response = await axios.request<string>({ method, url, headers, data: body, signal });
      return { status: response.status, text: typeof response.data === "string" ? response.data : "" };
    } catch (error) {
      signal.throwIfAborted();
      throw transportError(endpoint, error);
    }
  };
  return {
    send,
    close() {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

function isLoopback(address: string): boolean {
  const { hostname } = new URL(address);
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}

/** Nothing of axios' own error goes on: it carries the request with its headers and body. */
function transportError(endpoint: Endpoint, error: unknown): Error {
  const code = errorCode(error) ?? "no answer";
  if (!TLS_CODES.has(code)) return new UnreachableError(endpoint.cluster, endpoint.address, code);
  return new ConfigurationError(
    "The server's certificate is not trusted",
    `Cluster "${endpoint.cluster}" at ${endpoint.address}: ${code}. Check that its "ca_cert_pem" is the certificate of the ` +
      "authority which signed the server's, and that the address is one of the names in it.",
  );
}
