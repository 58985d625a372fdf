import { unlinkSync, writeFileSync } from "node:fs";
import { url as inspectorUrl } from "node:inspector";
import { devAddress, devMode, prepareDev } from "./composition/dev-mode";
import { JsonLogger } from "./composition/json-logger";
import { Server } from "./composition/server";
import { buildDate, version } from "./composition/version";
import type { Configuration } from "./config/configuration";
import { ConfigurationError } from "./config/configuration";
import { type CommandLine, type DevFlags, parseCommandLine } from "./config/flags";
import { helpText, sampleConfiguration } from "./config/help";
import { readConfiguration } from "./config/read";
import { systemClock } from "./sdk/clock";
import type { LogLevel } from "./sdk/logger";
import { systemRandom } from "./sdk/random";
import { MetricsRegistry } from "./services/metrics/metrics-registry";

type RunCommand = Extract<CommandLine, { command: "run" }>;

/** The process: reads its command line, runs one server, and answers to signals. */
async function main(): Promise<void> {
  const command = parseCommandLine(process.argv.slice(2), process.env);
  switch (command.command) {
    case "help":
      process.stdout.write(helpText());
      return;
    case "version":
      process.stdout.write(`Meridian v${version}\n`);
      return;
    case "sample":
      process.stdout.write(sampleConfiguration());
      return;
    case "run":
      await run(command);
  }
}

async function run(command: RunCommand): Promise<void> {
  refuseInspection();
  // The launcher does so before anything is loaded; who starts this file itself has it from here on.
  process.on("SIGUSR1", () => undefined);
  const dev = command.dev === undefined ? undefined : await devMode(command.dev, systemClock, systemRandom);
  const configuration = dev?.configuration ?? (await readConfiguration(command.config));
  // What a signal asked for before the launcher took it has come by now, and no secret was read yet.
  refuseOpenInspector();
  const logger = new JsonLogger(systemClock, (line) => process.stderr.write(line), levelOf(command, configuration));
  const metrics = new MetricsRegistry(systemClock);
  metrics.start();
  const environment = { configuration, clock: systemClock, random: systemRandom, logger, metrics, version, buildDate };
  const server = await Server.start({ environment, rootTokenId: command.dev?.rootTokenId });
  if (command.dev !== undefined) await announceDev(server, command.dev, configuration, dev?.tls?.authorityFile);
  if (configuration.pidFile !== undefined) writeFileSync(configuration.pidFile, `${process.pid}\n`, { mode: 0o600 });
  onSignals(server, command, configuration, logger);
}

function onSignals(server: Server, command: RunCommand, configuration: Configuration, logger: JsonLogger): void {
  let stopping: Promise<void> | undefined;
  const stop = (signal: string): void => {
    if (stopping !== undefined) return;
    logger.log("info", "stopping", { signal });
    stopping = server.stop().then(
      () => leave(configuration, 0),
      (error: unknown) => {
        logger.log("error", "stopping failed", { reason: messageOf(error) });
        leave(configuration, 1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("SIGHUP", () => void reload(server, command, logger));
  // State may be half changed: a stopped server loses nothing that was acknowledged, a wrong one might.
  process.on("uncaughtException", (error) => {
    logger.log("error", "unexpected error, stopping", { reason: messageOf(error), stack: error.stack });
    leave(configuration, 2);
  });
}

async function reload(server: Server, command: RunCommand, logger: JsonLogger): Promise<void> {
  try {
    if (command.dev === undefined) logger.setLevel(levelOf(command, await readConfiguration(command.config)));
    await server.reload();
    logger.log("info", "configuration read again");
  } catch (error) {
    logger.log("error", "the configuration was not read again; everything stays as it was", {
      reason: messageOf(error),
    });
  }
}

async function announceDev(
  server: Server,
  flags: DevFlags,
  configuration: Configuration,
  authorityFile: string | undefined,
): Promise<void> {
  const { unsealKey, rootToken } = await prepareDev(server, flags);
  const lines = [
    "==> Meridian is running in dev mode: everything is in memory, unsealed and lost at the end. Never use it in production.",
    "",
    `    export VAULT_ADDR='${devAddress(configuration)}'`,
    ...(authorityFile === undefined ? [] : [`    export VAULT_CACERT='${authorityFile}'`]),
    "",
    `Unseal Key: ${unsealKey}`,
    `Root Token: ${rootToken}`,
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** A debugger, a heap snapshot or a preloaded script reads every secret of the process. */
function refuseInspection(): void {
  const given = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? "").split(/\s+/)];
  const bad = given.find((option) =>
    /^--(inspect|heapsnapshot|heap-prof|report-|require|import|experimental-loader|loader)/.test(option),
  );
  if (bad === undefined) return;
  const name = bad.split("=")[0] ?? bad;
  throw new ConfigurationError(
    `the server does not start with the Node option ${name}: it gives access to secrets in memory`,
  );
}

/** SIGUSR1 opens it while Node itself starts. */
function refuseOpenInspector(): void {
  if (inspectorUrl() === undefined) return;
  throw new ConfigurationError(
    "the server does not start with an open inspector: it gives access to secrets in memory",
  );
}

function levelOf(command: RunCommand, configuration: Configuration): LogLevel {
  const level = command.logLevel ?? configuration.logLevel;
  if (["trace", "debug", "info", "warn", "error"].includes(level)) return level as LogLevel;
  throw new ConfigurationError(`-log-level must be one of trace, debug, info, warn, error`);
}

function leave(configuration: Configuration, code: number): void {
  try {
    if (configuration.pidFile !== undefined) unlinkSync(configuration.pidFile);
  } catch {
    // The file may be gone already; the process ends either way.
  }
  process.exit(code);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

main().catch((error: unknown) => {
  process.stderr.write(`meridian-server: ${messageOf(error)}\n`);
  process.exit(1);
});
