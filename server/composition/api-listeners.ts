import { readFileSync } from "node:fs";
import type { TcpListener } from "../config/configuration";
import { type HttpListener, listenHttp, type TlsIdentity } from "../http/listener";
import type { HttpAnswer, HttpRequest } from "../http/message";
import type { Clock } from "../sdk/clock";
import type { Logger } from "../sdk/logger";
import type { ListenerOpening } from "../sdk/path";

export interface ApiListenersOptions {
  readonly listeners: readonly TcpListener[];
  readonly handler: (request: HttpRequest, opens: ReadonlySet<ListenerOpening>) => Promise<HttpAnswer> | HttpAnswer;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Opened {
  readonly configured: TcpListener;
  readonly listener: HttpListener;
}

/** All API listeners of this node. */
export class ApiListeners {
  private readonly opened: Opened[] = [];

  constructor(private readonly options: ApiListenersOptions) {}

  /** @throws Error naming the address or the file */
  async open(): Promise<void> {
    for (const configured of this.options.listeners) {
      const tls =
        configured.tls === undefined
          ? undefined
          : { ...readIdentity(configured.tls), minVersion: configured.tls.minVersion };
      const opens = new Set<ListenerOpening>(
        configured.unauthenticatedMetricsAccess ? ["unauthenticated_metrics_access"] : [],
      );
      const listener = await listenHttp({
        host: configured.host,
        port: configured.port,
        clock: this.options.clock,
        handler: (request) => this.options.handler(request, opens),
        limits: { bodyBytesMax: configured.requestBytesMax },
        onHandlerError: (error) => this.report("a request's handler failed", error),
        onListenerError: (error) => this.report("a listener failed", error),
        ...(tls === undefined ? {} : { tls }),
      });
      this.opened.push({ configured, listener });
      this.options.logger.log("info", "listening", {
        address: `${configured.host}:${listener.address.port}`,
        tls: tls !== undefined,
      });
    }
  }

  /** Reads certificates and keys again; a listener whose files are wrong keeps what it has. */
  reload(): void {
    for (const { configured, listener } of this.opened) {
      if (configured.tls === undefined) continue;
      try {
        listener.setTlsIdentity(readIdentity(configured.tls));
        this.options.logger.log("info", "TLS certificate read again", { file: configured.tls.certificateFile });
      } catch (error) {
        this.report("the TLS certificate was not replaced", error);
      }
    }
  }

  /** Finishes requests under way, then closes. */
  async stop(deadlineMilliseconds: number): Promise<void> {
    await Promise.all(this.opened.map(({ listener }) => listener.stop(deadlineMilliseconds)));
  }

  private report(message: string, error: unknown): void {
    this.options.logger.log("error", message, { reason: error instanceof Error ? error.message : String(error) });
  }
}

function readIdentity(tls: { readonly certificateFile: string; readonly keyFile: string }): TlsIdentity {
  const read = (key: string, file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new Error(`${key} ${file}: cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`);
    }
  };
  return { certificate: read("tls_cert_file", tls.certificateFile), key: read("tls_key_file", tls.keyFile) };
}
