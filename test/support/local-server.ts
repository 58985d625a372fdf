import { randomBytes } from "node:crypto";
import { http2Transport } from "../../server/cluster/http2-transport";
import { Server } from "../../server/composition/server";
import { settleConfiguration } from "../../server/config/settle";
import { systemClock } from "../../server/sdk/clock";
import type { Logger } from "../../server/sdk/logger";
import { systemRandom } from "../../server/sdk/random";
import { MetricsRegistry } from "../../server/services/metrics/metrics-registry";
import { Api } from "./api";
import { HeldTransport } from "./held-transport";
import { eventually, freePorts } from "./server-process";

/** A whole server inside the test's process, in memory, whose streams from its primary can be held up. */
export class LocalServer {
  readonly api: Api;
  readonly log: string[] = [];
  readonly transport = new HeldTransport(http2Transport);
  rootToken = "";
  private server: Server | undefined;

  private constructor(
    readonly name: string,
    readonly port: number,
    private readonly replication: Readonly<Record<string, string>>,
  ) {
    this.api = new Api(`http://127.0.0.1:${port}`);
  }

  /** @param replication options of the `replication` block */
  static async start(name: string, replication: Readonly<Record<string, string>> = {}): Promise<LocalServer> {
    const local = new LocalServer(name, await freePorts(), replication);
    await local.open();
    const initialized = await local.api.must("PUT", "sys/init", { recovery_shares: 1, recovery_threshold: 1 });
    local.rootToken = String(initialized.root_token);
    return local;
  }

  get root(): Api {
    return this.api.with(this.rootToken);
  }

  get clusterAddress(): string {
    return `https://127.0.0.1:${this.port + 1}`;
  }

  async stop(): Promise<void> {
    this.transport.release();
    await this.server?.stop();
    this.server = undefined;
    this.api.close();
  }

  async status(mode: string): Promise<Record<string, unknown>> {
    return (await this.api.get(`sys/replication/${mode}/status`)).body.data ?? {};
  }

  /** Makes this cluster a secondary of `primary`, which the root token given may ask for one. */
  async follow(primary: LocalServer, root: Api, mode: string): Promise<void> {
    const wrapped = await root.must("POST", `sys/replication/${mode}/primary/secondary-token`, { id: this.name });
    await this.root.must("POST", `sys/replication/${mode}/secondary/enable`, {
      token: String(wrapped.wrap_info?.token),
      primary_api_addr: primary.api.address,
    });
    await this.streams(mode);
  }

  async streams(mode: string): Promise<void> {
    await eventually(`${this.name} streams`, async () => (await this.status(mode)).state === "stream-wals");
  }

  private async open(): Promise<void> {
    const configuration = await settleConfiguration(
      {
        listener: [{ tcp: { address: `127.0.0.1:${this.port}`, tls_disable: true } }],
        storage: { inmem: {} },
        seal: { static: { current_key_id: "test", current_key: randomBytes(32).toString("base64") } },
        cluster_name: this.name,
        replication: this.replication,
      },
      "test",
    );
    this.server = await Server.start({
      environment: {
        configuration,
        clock: systemClock,
        random: systemRandom,
        logger: loggerTo(this.log),
        metrics: new MetricsRegistry(systemClock),
        version: "0.0.0",
        buildDate: "2026-01-01T00:00:00Z",
        transport: this.transport,
      },
    });
  }
}

function loggerTo(lines: string[]): Logger {
  return {
    log: (level, message, facts) => {
      lines.push(`${level} ${message} ${JSON.stringify(facts ?? {})}`);
      if (lines.length > 2_000) lines.splice(0, 1_000);
    },
    named: () => loggerTo(lines),
  };
}
