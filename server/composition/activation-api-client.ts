import { readdirSync, readFileSync } from "node:fs";
import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import type { ApiClient } from "../replication/role/activation";
import type { Clock } from "../sdk/clock";
import { ServerError } from "../sdk/errors";
import type { PrimaryApi } from "../sdk/replication-admin";

const TIMEOUT_MILLISECONDS = 15_000;
const ANSWER_BYTES_MAX = 1024 * 1024;
const CA_FILES_MAX = 100;

/** Opens an activation token over another cluster's API, trusting only what the operator named. */
export function activationApiClient(clock: Clock, timeoutMilliseconds = TIMEOUT_MILLISECONDS): ApiClient {
  return {
    unwrap: async (address, token, api) => {
      const headers = { "X-Vault-Token": token, "X-Vault-Request": "true", "Content-Length": "0" };
      const [url, trust] = [urlOf(address), trustOf(api)];
      const limit = new AbortController();
      // For the whole answer: one that trickles in would hold the enabling cluster's role changes for ever.
      const timer = clock.setTimer(timeoutMilliseconds, () => limit.abort());
      try {
        return await post(url, { method: "POST", headers, signal: limit.signal }, trust);
      } finally {
        timer.cancel();
      }
    },
  };
}

function urlOf(address: string): URL {
  if (!/^https?:\/\/[^\s/?#]+\/?$/.test(address)) {
    throw new ServerError("invalid_request", `primary_api_addr "${address}" must be a URL like https://host:8200`);
  }
  return new URL("/v1/sys/wrapping/unwrap", address);
}

/** PEM texts of the authorities; undefined: those of the system. */
function trustOf(api: PrimaryApi): readonly Buffer[] | undefined {
  if (api.caCertificate !== "") return [Buffer.from(api.caCertificate)];
  if (api.caFile !== "") return [readAuthority("ca_file", api.caFile)];
  if (api.caPath === "") return undefined;
  const names = readFolder(api.caPath);
  return names.slice(0, CA_FILES_MAX).map((name) => readAuthority("ca_path", join(api.caPath, name)));
}

function readFolder(path: string): readonly string[] {
  try {
    return readdirSync(path).filter((name) => /\.(pem|crt|cer)$/.test(name));
  } catch (error) {
    throw new ServerError(
      "invalid_request",
      `ca_path ${path}: cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`,
    );
  }
}

function readAuthority(field: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ServerError(
      "invalid_request",
      `${field} ${path}: cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`,
    );
  }
}

function post(
  url: URL,
  options: RequestOptions,
  trust: readonly Buffer[] | undefined,
): Promise<{ readonly status: number; readonly body: Buffer }> {
  const start = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void =>
      reject(new ServerError("invalid_request", `the primary's API at ${url.origin} did not answer: ${reason}`));
    const request = start(url, { ...options, ...(trust === undefined ? {} : { ca: [...trust] }) }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES_MAX) request.destroy(new Error("its answer is too large"));
        else chunks.push(chunk);
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }));
      answer.on("error", (error: NodeJS.ErrnoException) => fail(reasonOf(error)));
    });
    request.on("error", (error: NodeJS.ErrnoException) => fail(reasonOf(error)));
    request.end();
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return error.name === "AbortError" ? "it took too long" : (error.code ?? error.message);
}
