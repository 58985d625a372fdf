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
