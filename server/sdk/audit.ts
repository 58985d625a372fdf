import type { JsonObject } from "./json";
import type { IssuedAuth, Outcome } from "./outcome";
import type { OperationName } from "./path";
import type { TokenFacts } from "./token";

/** One audit device, as stored under `core/audit/<path>`. */
export interface AuditDeviceEntry {
  /** With trailing slash: `file/`. */
  readonly path: string;
  readonly type: "file";
  readonly description: string;
  readonly local: boolean;
  readonly options: ReadonlyMap<string, string>;
}

export interface AuditEnableRequest {
  /** With or without trailing slash. */
  readonly path: string;
  readonly type: string;
  readonly description: string;
  readonly local: boolean;
  readonly options: ReadonlyMap<string, string>;
}

/** What sys/audit and sys/audit-hash need of the audit service. */
export interface AuditDevices {
  /** Sorted by path. */
  list(): readonly AuditDeviceEntry[];
  /** The device must take a test entry before it is stored. @throws invalid_request naming the option that is wrong */
  enable(request: AuditEnableRequest): Promise<void>;
  /** Its salt is lost with it. Disabling what is not there succeeds. */
  disable(path: string): Promise<void>;
  /** `hmac-sha256:<hex>` of the text under the device's salt. @throws invalid_request when there is no such device */
  hash(path: string, text: string): string;
}

/** What the audit trail is told about a request. Clear text: the devices hash what must not be written. */
export interface AuditedRequest {
  readonly id: string;
  readonly operation: OperationName;
  /** Canonical path without `/v1/`. */
  readonly path: string;
  readonly mountPath: string;
  readonly mountType: string;
  readonly mountAccessor: string;
  /** `secret` or `auth`. */
  readonly mountClass: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** As presented; "" for none. */
  readonly clientToken: string;
  readonly token: TokenFacts | undefined;
  readonly wrapTtlSeconds: number | undefined;
  /** Undefined where the request was refused before its body was read. */
  readonly data: JsonObject | undefined;
  /** Top-level data keys written in clear by the mount's configuration. */
  readonly clearRequestKeys: readonly string[];
  readonly clearResponseKeys: readonly string[];
  /** Declared as sensitive: hashed all the same. */
  readonly sensitiveKeys: ReadonlySet<string>;
}

export interface AuditedResponse {
  /** Undefined when the request failed. */
  readonly outcome: Outcome | undefined;
  /** The token that was made for a login. */
  readonly auth: IssuedAuth | undefined;
  /** Public text of the error; "" for none. */
  readonly error: string;
  readonly leaseId: string;
}

/** What the pipeline needs of the audit service. Undefined: no device is enabled, there is nothing to wait for. */
export interface AuditTrail {
  /** Resolves once one enabled device has taken the entry. @throws audit_failed when none did */
  request(request: AuditedRequest, error: string): Promise<void> | undefined;
  response(request: AuditedRequest, response: AuditedResponse): Promise<void> | undefined;
}
