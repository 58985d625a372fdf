import { createServer } from "node:net";
import { clusterCertificates } from "../../cluster/certificates";
import { http2Transport } from "../../cluster/http2-transport";
import { type Lifecycle, openLifecycle } from "../../lifecycle/lifecycle";
import {
  coreOf,
  initializeRequest,
  lifecycleOptions,
  listOf,
  testStaticSeal,
} from "../../lifecycle/testing/test-lifecycle";
import type { UnsealedCore } from "../../sdk/barrier";
import { systemClock } from "../../sdk/clock";
import type { WriteMeanings } from "../../sdk/divergence";
import { isServerError } from "../../sdk/errors";
import { stringifyJson } from "../../sdk/json";
import type { KeyClass, ReplicationMode } from "../../sdk/log";
import { systemRandom } from "../../sdk/random";
import type { PrimaryApi } from "../../sdk/replication-admin";
import type { Storage } from "../../sdk/storage";
import type { Transport } from "../../sdk/transport";
import type { WrappingPort } from "../../sdk/wrapping";
import { MetricsRegistry } from "../../services/metrics/metrics-registry";
import { MemoryDisk } from "../../storage/memory/disk";
import { openMemoryStorage } from "../../storage/memory/index";
import type { Certificates } from "../role/certificates";
import type { ReplicationSettings } from "../role/dependencies";
import type { ReplicationService } from "../role/replication-service";
import type { StreamLimits } from "../stream/limits";
import { LoopbackNetwork, loopbackFingerprint } from "./loopback-transport";
import { loggerTo, openTestReplication } from "./test-cluster";

export const NO_API: PrimaryApi = { address: "", caFile: "", caPath: "", caCertificate: "" };

/** Waits until `holds`; the failure names what was waited for. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  milliseconds = 8_000,
): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Writes until told to stop, letting everything else run in between. @returns the function that stops it and gives the count */
export function keepWriting(write: (n: number) => Promise<unknown>): () => Promise<number> {
  let writing = true;
  let written = 0;
  const loop = (async () => {
    for (; writing; written += 1) {
      await write(written);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  return async () => {
    writing = false;
    await loop;
    return written;
  };
}

/** Several clusters in one process over one loopback network and memory storages; each can be stopped and started. */
export class TestSet {
  readonly network = new LoopbackNetwork();
  readonly logLines: string[] = [];
  /** In place of the usual ones, for nodes opened from now on. */
  settings: Partial<ReplicationSettings> = {};
  /** What the nodes' keys mean; undefined: nobody knows. */
  meanings: ((node: TestNode, core: UnsealedCore) => WriteMeanings) | undefined;
  /** Put around the transport of each node, for instance to see what it receives. */
  aroundTransport: (name: string, transport: Transport) => Transport = (_name, transport) => transport;
  private readonly nodes = new Map<string, TestNode>();
  private nextPort = 8_201;

  /** @param overSockets real HTTP/2 and TLS on 127.0.0.1 instead of the loopback network */
  constructor(
    readonly overSockets = false,
    /** Left out: a lease too long to end in a test. */
    readonly fencing?: ReplicationSettings["fencing"],
  ) {}

  async start(name: string, limits: Partial<StreamLimits> = {}): Promise<TestNode> {
    const port = this.overSockets ? await freePort() : this.nextPort++;
    const node = new TestNode(this, name, port, limits);
    this.nodes.set(name, node);
    await node.open();
    return node;
  }

  nodeOfApi(address: string): TestNode | undefined {
    return this.nodes.get(address.replace("https://", "").replace(":8200", ""));
  }

  async close(): Promise<void> {
    for (const node of this.nodes.values()) await node.close();
  }
}

export class TestNode {
  readonly metrics = new MetricsRegistry(systemClock);
  private readonly disk = new MemoryDisk();
  private storage: Storage | undefined;
  private lifecycle: Lifecycle | undefined;
  private service: ReplicationService | undefined;
  private wrapping: WrappingPort | undefined;
  private initialized = false;
  /** Called before each commit becomes durable. */
  syncing: () => void = () => undefined;
  /** What is read of a key in place of what is stored there. */
  reading: (key: string, value: Buffer) => Buffer = (_key, value) => value;
  /** How often the services were opened: a new generation opens them anew. */
  opened = 0;

  constructor(
    private readonly set: TestSet,
    readonly name: string,
    readonly clusterPort: number,
    private readonly limits: Partial<StreamLimits>,
  ) {}

  get core(): UnsealedCore {
    if (this.lifecycle === undefined) throw new Error(`${this.name} is stopped`);
    return coreOf(this.lifecycle);
  }

  get replication(): ReplicationService {
    if (this.service === undefined) throw new Error(`${this.name} is stopped`);
    return this.service;
  }

  get address(): string {
    return `127.0.0.1:${this.clusterPort}`;
  }

  async open(): Promise<void> {
    this.storage = await openMemoryStorage({
      disk: this.disk,
      faults: { sync: async () => this.syncing(), corrupt: (...read) => this.reading(...read) },
    });
    const options = lifecycleOptions(this.storage, {
      sealKind: testStaticSeal(1),
      logger: loggerTo(this.set.logLines, this.name),
      hooks: {
        onInitialized: async () => ({ rootToken: "hvs.root" }),
        onUnsealed: (core) => this.openServices(core),
      },
    });
    this.lifecycle = await openLifecycle(options);
    if (this.initialized) await this.lifecycle.autoUnseal();
    else listOf(await this.lifecycle.initialize(initializeRequest("static")), "recovery_keys");
    this.initialized = true;
  }

  /** Power fails: of the commits under way the first `survivors` were durable all the same. To be started again by `restart`. */
  crash(survivors: number): void {
    this.disk.crash(survivors);
  }

  /** Names of the generations that something is stored of. */
  generationsStored(): ReadonlySet<string | undefined> {
    return new Set(this.disk.range("g/", undefined, 100_000).map(({ key }) => key.split("/")[1]));
  }

  /** Flips a bit of everything stored under a key that matches, behind the server's back. @returns how many there were */
  async damageStored(place: RegExp): Promise<number> {
    const { storage } = this;
    if (storage === undefined) throw new Error(`${this.name} is stopped`);
    const places = (await storage.list("g/", { limit: 100_000 })).filter((key) => place.test(key));
    const puts = (await storage.read(places)).map((stored, at) => {
      const value = Buffer.from(stored?.value ?? "");
      value[value.length - 1] = (value[value.length - 1] ?? 0) ^ 1;
      return { key: places[at] ?? "", value };
    });
    await storage.commit({ preconditions: [], puts, deletes: [] });
    return puts.length;
  }

  /** Removes a key from the storage behind the server's back. */
  async loseStored(keyClass: KeyClass, key: string): Promise<void> {
    const { storage } = this;
    if (storage === undefined) throw new Error(`${this.name} is stopped`);
    const generations = await storage.list("g/", { limit: 100_000 });
    const place = generations.find((stored) =>
      stored.endsWith(`/${{ local: "l", replicated: "r", node: "n" }[keyClass]}/${key}`),
    );
    if (place === undefined) throw new Error(`${key} is not stored`);
    await storage.commit({ preconditions: [], puts: [], deletes: [place] });
  }

  /** Removes the last but one entry of the log behind the server's back. */
  async loseLogEntry(): Promise<void> {
    const { storage } = this;
    if (storage === undefined) throw new Error(`${this.name} is stopped`);
    const stored = await storage.list("g/", { limit: 100_000 });
    const place = stored.filter((key) => /^g\/[^/]+\/w\//.test(key)).at(-2);
    if (place === undefined) throw new Error("there are no two entries");
    await storage.commit({ preconditions: [], puts: [], deletes: [place] });
  }

  async close(): Promise<void> {
    await this.lifecycle?.close();
    await this.storage?.close();
    this.storage = undefined;
    this.lifecycle = undefined;
    this.service = undefined;
  }

  /** Resolves once what was begun in the background (a reopening, the removal of old data) is done. */
  async settled(): Promise<void> {
    await this.lifecycle?.settled();
  }

  async restart(): Promise<void> {
    await this.close();
    await this.open();
  }

  /** The status object of a mode, loosely typed for comparisons. */
  status(mode: ReplicationMode): Record<string, unknown> {
    return { ...this.replication.status(mode) };
  }

  isStreaming(mode: ReplicationMode): boolean {
    return (
      this.service !== undefined && this.lifecycle?.core !== undefined && this.status(mode).state === "stream-wals"
    );
  }

  async unwrapHere(token: string): Promise<{ status: number; body: Buffer }> {
    try {
      if (this.wrapping === undefined) throw new Error("stopped");
      return { status: 200, body: (await this.wrapping.unwrap(token)).body };
    } catch (error) {
      const text = isServerError(error) ? error.publicText : "internal error";
      return {
        status: isServerError(error) ? error.status : 500,
        body: Buffer.from(stringifyJson({ errors: [text] })),
      };
    }
  }

  private async openServices(core: UnsealedCore): Promise<() => Promise<void>> {
    const { replication, wrapping } = await openTestReplication(core, {
      name: this.name,
      transport: this.set.aroundTransport(
        this.name,
        this.set.overSockets ? http2Transport : this.set.network.transportOf(this.name),
      ),
      certificates: this.set.overSockets ? certificates : { ...certificates, fingerprintOf: loopbackFingerprint },
      api: { unwrap: async (address, token) => await this.unwrapAt(address, token) },
      clusterPort: this.clusterPort,
      limits: this.limits,
      logLines: this.set.logLines,
      metrics: this.metrics,
      settings: this.set.settings,
      meanings: this.set.meanings?.(this, core),
      ...(this.set.fencing === undefined ? {} : { fencing: this.set.fencing }),
    });
    this.service = replication;
    this.wrapping = wrapping;
    this.opened += 1;
    return () => replication.close();
  }

  private async unwrapAt(address: string, token: string): Promise<{ status: number; body: Buffer }> {
    const node = this.set.nodeOfApi(address);
    if (node === undefined) throw new Error(`nobody answers at ${address}`);
    return await node.unwrapHere(token);
  }
}

const certificates: Certificates = clusterCertificates(systemClock, systemRandom);

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0));
    });
  });
}

/** Makes `secondary` a secondary of `primary` and waits until it streams. */
export async function link(primary: TestNode, secondary: TestNode, mode: ReplicationMode, id = secondary.name) {
  const wrap = await primary.replication.issueSecondaryToken(mode, { id, ttlSeconds: 60, creationPath: "test" });
  await secondary.replication.enableSecondary(mode, { token: wrap.token, api: NO_API });
  await until(`${secondary.name} streams`, () => secondary.isStreaming(mode));
}

/** Whether the secondary holds exactly what the primary ships it without a filter. */
export function isEqual(primary: TestNode, secondary: TestNode, mode: ReplicationMode): boolean {
  return secondary.isStreaming(mode) && primary.status(mode).merkle_root === secondary.status(mode).merkle_root;
}
