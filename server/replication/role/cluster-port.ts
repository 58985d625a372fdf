import { ServerError } from "../../sdk/errors";
import type { TransportListener } from "../../sdk/transport";
import type { PrimaryHub } from "../stream/primary-hub";
import type { ReplicationDependencies } from "./dependencies";

/** The listening side of the cluster port: open from the first time this cluster is a primary until it closes. */
export class ClusterPort {
  private listener: Promise<TransportListener> | undefined;
  /** A role change that ends behind the closing must not take the port from who opens it next. */
  private closed = false;

  constructor(
    private readonly deps: ReplicationDependencies,
    private readonly hub: PrimaryHub,
  ) {}

  /** @throws invalid_request naming the address when it cannot be listened on; sealed once it was closed */
  async open(): Promise<void> {
    if (this.closed) throw new ServerError("sealed");
    const { listenHost, listenPort } = this.deps.settings;
    const isOpen = this.listener !== undefined;
    this.listener ??= this.deps.transport.listen(listenHost, listenPort, this.hub);
    try {
      await this.listener;
      if (!isOpen) this.deps.logger.log("info", "the cluster port is open", { address: `${listenHost}:${listenPort}` });
    } catch (cause) {
      this.listener = undefined;
      const reason = cause instanceof Error ? cause.message : "unknown";
      const publicText = `the cluster port ${listenHost}:${listenPort} cannot be listened on: ${reason}`;
      throw new ServerError("invalid_request", { publicText, cause });
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    const { listener } = this;
    this.listener = undefined;
    await (await listener?.catch(() => undefined))?.close();
  }
}
