import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Configuration, TcpListener } from "../config/configuration";
import { ConfigurationError } from "../config/configuration";
import type { DevFlags } from "../config/flags";
import { settleConfiguration } from "../config/settle";
import type { Clock } from "../sdk/clock";
import type { Random } from "../sdk/random";
import type { DevTls } from "./dev-certificate";
import { makeDevTls } from "./dev-certificate";
import type { Server } from "./server";

export interface DevMode {
  readonly configuration: Configuration;
  readonly tls: DevTls | undefined;
}

/** Configuration of dev mode: everything in memory, one listener. */
export async function devMode(flags: DevFlags, clock: Clock, random: Random): Promise<DevMode> {
  const directory = flags.tlsDirectory ?? (flags.tls ? mkdtempSync(join(tmpdir(), "meridian-dev-")) : "");
  const tls = flags.tls ? await makeDevTls(clock, random, directory) : undefined;
  const files: Record<string, unknown> =
    tls === undefined
      ? { tls_disable: true }
      : { tls_cert_file: join(directory, "meridian-cert.pem"), tls_key_file: join(directory, "meridian-key.pem") };
  const raw = { listener: [{ tcp: { address: flags.listenAddress, ...files } }], storage: { inmem: {} } };
  return { configuration: await settleConfiguration(raw, "-dev"), tls };
}

/** Initialises with one share, unseals and mounts KV version 2 at secret/. @returns what to print */
export async function prepareDev(
  server: Server,
  flags: DevFlags,
): Promise<{ readonly unsealKey: string; readonly rootToken: string }> {
  const { lifecycle } = server;
  const answer = await lifecycle.initialize({
    secretShares: 1,
    secretThreshold: 1,
    recoveryShares: undefined,
    recoveryThreshold: undefined,
    pgpKeys: [],
    recoveryPgpKeys: [],
    rootTokenPgpKey: undefined,
    recipient: undefined,
  });
  const [unsealKey] = answer.keys_base64 as readonly string[];
  if (unsealKey === undefined) throw new ConfigurationError("dev mode could not be initialised");
  await lifecycle.unseal(unsealKey, false);
  await server.enableKv("secret/");
  return { unsealKey, rootToken: flags.rootTokenId ?? String(answer.root_token) };
}

/** URL of the first listener, to print for clients; "" without one. */
export function devAddress({ listeners }: Configuration): string {
  const first: TcpListener | undefined = listeners[0];
  return first === undefined ? "" : `${first.tls === undefined ? "http" : "https"}://${first.host}:${first.port}`;
}
