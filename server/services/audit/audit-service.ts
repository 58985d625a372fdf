import type {
  AuditDeviceEntry,
  AuditDevices,
  AuditEnableRequest,
  AuditedRequest,
  AuditedResponse,
  AuditTrail,
} from "../../sdk/audit";
import type { Clock } from "../../sdk/clock";
import { isServerError, ServerError } from "../../sdk/errors";
import type { LogEntry } from "../../sdk/log";
import type { Logger } from "../../sdk/logger";
import type { Random } from "../../sdk/random";
import { SerialTasks } from "../../sdk/serial-tasks";
import type { PathNames } from "./device";
import { AuditDevice } from "./device";
import type { AuditViews } from "./device-store";
import { AUDIT_PREFIX, DeviceStore } from "./device-store";

export interface AuditServiceOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly nodeId: string;
}

const SALT_BYTES = 32;
const DEVICES_MAX = 100;
const NAME = /^[\w.-]{1,64}(\/[\w.-]{1,64}){0,7}$/;

/**
 * The audit trail of this node. A request or a response counts as written once one enabled device has taken it; where no
 * device is enabled there is no trail; where devices are enabled and none takes the entry, the request is refused.
 */
export class AuditService implements AuditTrail, AuditDevices {
  private devices: readonly AuditDevice[] = [];
  private store: DeviceStore | undefined;
  private names: PathNames;
  /** Changes of the devices take turns: none acts on a list that another one is replacing. */
  private readonly changes = new SerialTasks();
  /** Devices were enabled and are closed: what is still under way must not pass as if there had been none. */
  private hasEnded = false;

  constructor(private readonly options: AuditServiceOptions) {
    this.names = { nodeId: options.nodeId, clusterName: "" };
  }

  /** Loads the devices after an unseal. A device whose file cannot be opened stays enabled and refuses until it can. */
  async open(views: AuditViews, clusterName: string): Promise<void> {
    await this.close();
    this.hasEnded = false;
    this.names = { nodeId: this.options.nodeId, clusterName };
    this.store = new DeviceStore(views);
    await this.reload(this.store);
  }

  /** At seal: entries under way are written first, later ones are refused. */
  async close(): Promise<void> {
    const { devices } = this;
    this.hasEnded ||= devices.length > 0;
    this.devices = [];
    this.store = undefined;
    await Promise.allSettled(devices.map((device) => device.close()));
  }

  /** To be called with every batch of log entries, own and applied. */
  onEntries(entries: readonly LogEntry[]): void {
    if (!entries.some(({ operations }) => operations.some(({ key }) => key.startsWith(AUDIT_PREFIX)))) return;
    const { store } = this;
    if (store === undefined) return;
    this.changes
      .run(() => this.reload(store))
      .catch((error: unknown) => this.report("audit devices cannot be read", error));
  }

  /** Opens the devices' files anew (SIGHUP). */
  async reopen(): Promise<void> {
    for (const device of this.devices) {
      try {
        await device.reopen();
      } catch (error) {
        this.report(`audit device ${device.entry.path} cannot be opened again`, error);
      }
    }
  }

  request(request: AuditedRequest, error: string): Promise<void> | undefined {
    const { devices } = this;
    if (devices.length === 0) return this.noTrail();
    return this.firstOf(devices.map((device) => attempt(() => device.request(request, error))));
  }

  response(request: AuditedRequest, response: AuditedResponse): Promise<void> | undefined {
    const { devices } = this;
    if (devices.length === 0) return this.noTrail();
    return this.firstOf(devices.map((device) => attempt(() => device.response(request, response))));
  }

  list(): readonly AuditDeviceEntry[] {
    return this.devices.map((device) => device.entry);
  }

  hash(path: string, text: string): string {
    const device = this.find(path);
    if (device === undefined) throw new ServerError("invalid_request", "unknown audit backend");
    return device.hash(text);
  }

  enable(request: AuditEnableRequest): Promise<void> {
    return this.changes.run(() => this.enableNow(request));
  }

  disable(path: string): Promise<void> {
    return this.changes.run(() => this.disableNow(path));
  }

  private async enableNow(request: AuditEnableRequest): Promise<void> {
    const entry = this.newEntry(request);
    const salt = this.options.random.bytes(SALT_BYTES);
    const device = AuditDevice.of(entry, salt, this.options.clock, this.names);
    try {
      await device.request(testRequest(this.options.random.uuid()), "");
      await this.openStore().write({ entry, salt });
    } catch (error) {
      await device.close();
      if (isServerError(error)) throw error;
      const reason = error instanceof Error ? error.message : "unknown";
      throw new ServerError("invalid_request", `sanity check failed; the device does not take entries: ${reason}`);
    }
    if (this.find(entry.path) === undefined) this.devices = sorted([...this.devices, device]);
    else await device.close();
  }

  private async disableNow(path: string): Promise<void> {
    const device = this.find(path);
    if (device === undefined) return;
    await this.openStore().remove(device.entry);
    this.devices = this.devices.filter((other) => other.entry.path !== device.entry.path);
    await device.close();
  }

  private noTrail(): Promise<void> | undefined {
    return this.hasEnded ? Promise.reject(new ServerError("sealed")) : undefined;
  }

  private find(path: string): AuditDevice | undefined {
    const settled = path.endsWith("/") ? path : `${path}/`;
    return this.devices.find((device) => device.entry.path === settled);
  }

  private openStore(): DeviceStore {
    if (this.store === undefined) throw new ServerError("sealed");
    return this.store;
  }

  private newEntry(request: AuditEnableRequest): AuditDeviceEntry {
    const name = request.path.endsWith("/") ? request.path.slice(0, -1) : request.path;
    if (!NAME.test(name))
      throw new ServerError("invalid_request", "the name of an audit device is letters, digits, _ . -");
    if (request.type !== "file")
      throw new ServerError("invalid_request", "unknown backend type: the type may be: file");
    const path = `${name}/`;
    const rival = this.devices.find(({ entry }) => entry.path.startsWith(path) || path.startsWith(entry.path));
    if (rival !== undefined) throw new ServerError("invalid_request", `path already in use at ${rival.entry.path}`);
    if (this.devices.length >= DEVICES_MAX) throw new ServerError("invalid_request", "too many audit devices");
    const { description, local, options } = request;
    return Object.freeze({ path, type: "file", description, local, options });
  }

  /** Brings the devices in line with the store; those that did not change keep their files. */
  private async reload(store: DeviceStore): Promise<void> {
    const stored = await store.readAll();
    if (store !== this.store) return;
    const before = new Map(this.devices.map((device) => [device.entry.path, device]));
    const next: AuditDevice[] = [];
    for (const { entry, salt } of stored) {
      const known = before.get(entry.path);
      before.delete(entry.path);
      next.push(known ?? AuditDevice.of(entry, salt, this.options.clock, this.names));
    }
    this.devices = sorted(next);
    await Promise.allSettled([...before.values()].map((device) => device.close()));
  }

  private firstOf(attempts: readonly Promise<void>[]): Promise<void> {
    const [first] = attempts;
    const taken = first !== undefined && attempts.length === 1 ? first : Promise.any(attempts);
    return taken.catch((error: unknown) => {
      this.report("no audit device took an entry", error);
      throw new ServerError("audit_failed", { cause: error });
    });
  }

  private report(message: string, error: unknown): void {
    this.options.logger.log("error", message, { reason: error instanceof Error ? error.message : String(error) });
  }
}

/** A formatter that throws has not written the entry. */
function attempt(write: () => Promise<void>): Promise<void> {
  try {
    return write();
  } catch (error) {
    return Promise.reject(error);
  }
}

function sorted(devices: readonly AuditDevice[]): readonly AuditDevice[] {
  return [...devices].sort((left, right) => (left.entry.path < right.entry.path ? -1 : 1));
}

function testRequest(id: string): AuditedRequest {
  return {
    id,
    operation: "update",
    path: "sys/audit/test",
    mountPath: "sys/",
    mountType: "system",
    mountAccessor: "",
    mountClass: "secret",
    remoteAddress: "",
    remotePort: 0,
    clientToken: "",
    token: undefined,
    wrapTtlSeconds: undefined,
    data: undefined,
    clearRequestKeys: [],
    clearResponseKeys: [],
    sensitiveKeys: new Set(),
  };
}
