import { writeSync } from "node:fs";
import type { Server } from "node:net";
import type { Logger } from "../framework/logger";
import { type KeyedCertificate, selfSignedCertificate, validFor } from "./certificate";
import { goPluginMethods, IDLE_STREAMS } from "./go-plugin-services";
import { createGrpcServer } from "./grpc-server";
import { HandshakeError, handshakeLine, readHandshake } from "./handshake";
import { type Listening, listenLocally } from "./listen";
import { createLogger, levelFromEnvironment } from "./logger";
import { watchParent } from "./orphan-watch";
import { exitOnPanic } from "./panic";
import { createPinnedServer } from "./pinned-tls";
import { type ProviderHandlers, providerMethods } from "./provider-service";
import { Redactor } from "./redaction";
import { writeStandardError } from "./standard-error";

const STDOUT = 1;
const CERTIFICATE_DAYS = 1;
/** How long an answer gets to leave before the process ends although its stream is still open; Terraform kills after two seconds. */
const FAREWELL_MILLISECONDS = 250;
/** From the closed stream to the last byte in the socket. */
const FLUSH_MILLISECONDS = 2;
/** How long sessions get to close. */
const CLOSING_MILLISECONDS = 1000;

/** The state of one connection. */
export interface ProviderConnection {
  readonly handlers: ProviderHandlers;
  /** Aborts what runs and frees what is held. */
  close(): Promise<void>;
}

export interface ProviderEnvironment {
  readonly log: Logger;
  readonly redactor: Redactor;
}

export type ProviderFactory = (environment: ProviderEnvironment) => ProviderConnection;

/** Serves a provider to the Terraform that started this process, until Terraform says Shutdown or dies. */
export async function serve(factory: ProviderFactory, module: string): Promise<void> {
  const redactor = new Redactor();
  const log = createLogger({
    level: levelFromEnvironment(process.env),
    module,
    redactor,
    write: writeStandardError,
  });
  const shutdown = new ShutdownOrder();
  exitOnPanic(redactor, () => shutdown.cleanUp());
  // Ctrl-C reaches the whole process group. Terraform answers it with StopProvider; this process only waits.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => void shutdown.run(0));
  try {
    await handshake(factory, { log, redactor }, shutdown);
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    writeStandardError(`${error.message}\n`);
    process.exitCode = 1;
  }
}

async function handshake(
  factory: ProviderFactory,
  environment: ProviderEnvironment,
  shutdown: ShutdownOrder,
): Promise<void> {
  const request = readHandshake(process.env);
  const http2 = createGrpcServer(() => {
    const connection = factory(environment);
    shutdown.connections.add(connection);
    return {
      unary: new Map([
        ...providerMethods(connection.handlers),
        ...goPluginMethods((answered) => shutdown.soon(answered)),
      ]),
      idle: IDLE_STREAMS,
      close: async () => {
        shutdown.connections.delete(connection);
        await connection.close();
      },
    };
  });
  const own = request.clientCertificatePem === undefined ? undefined : localhostCertificate();
  const server: Server =
    own && request.clientCertificatePem !== undefined
      ? createPinnedServer(own, request.clientCertificatePem, http2)
      : http2;
  shutdown.listening = await listenLocally(server, request.socketDirectory);
  watchParent(() => void shutdown.run(0));
  writeSync(STDOUT, `${handshakeLine(shutdown.listening.address, own?.certificate, request.multiplexing)}\n`);
}

function localhostCertificate(): KeyedCertificate {
  const names = { commonName: "localhost", dnsNames: ["localhost"], ipAddresses: [] };
  return selfSignedCertificate(names, validFor(CERTIFICATE_DAYS, new Date()));
}

/** Ends the process in order: connections closed, socket removed, exit. */
class ShutdownOrder {
  readonly connections = new Set<ProviderConnection>();
  listening: Listening | undefined;
  #started = false;

  cleanUp(): void {
    this.listening?.cleanUp();
    this.listening = undefined;
  }

  /** Terraform waits for the process to end, so every millisecond here is paid by every command. */
  soon(answered: AbortSignal): void {
    answered.addEventListener("abort", () => setTimeout(() => void this.run(0), FLUSH_MILLISECONDS), { once: true });
    setTimeout(() => void this.run(0), FAREWELL_MILLISECONDS);
  }

  async run(exitCode: number): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    const closing = Promise.allSettled([...this.connections].map((connection) => connection.close()));
    await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, CLOSING_MILLISECONDS))]);
    this.cleanUp();
    process.exit(exitCode);
  }
}
