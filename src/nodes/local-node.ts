import { randomBytes } from "node:crypto";
import { access, chmod, mkdir, readFile, rm } from "node:fs/promises";
import { ConfigurationError } from "../client/errors";
import { makeSender } from "../client/http";
import { redact } from "../client/redact";
import type { Caller } from "../client/session";
import { waitUntil } from "../client/wait";
import { writeFileAtomically } from "../operator/atomic-write";
import { freePorts } from "./free-port";
import { ensureCertificate, hasCurrentCertificate } from "./node-certificate";
import { nodeConfig } from "./node-config";
import { nodeFiles } from "./node-files";
import { isRunning, lastLogLines, runningPid, startProcess, stopProcess } from "./node-process";
import { type NodeRecord, readRecord, writeRecord } from "./node-record";
import { apiAddress, type NodeSettings } from "./node-settings";
import { findServerExecutable } from "./server-executable";

const ANSWER_LIMIT_MS = 60_000;
const SEAL_KEY_BYTES = 32;
const LOG_LINES = 15;

/** The settings with ports that are not given: those it had, else free ones. */
export type NodeWish = Omit<NodeSettings, "apiPort" | "clusterPort"> & {
  readonly apiPort: number | undefined;
  readonly clusterPort: number | undefined;
};

export interface LocalNode {
  readonly settings: NodeSettings;
  readonly caCertPem: string;
  /** Undefined: it does not run. */
  readonly pid: number | undefined;
  /** Whether it runs, with these very settings and a certificate whose end is not near. */
  readonly asWished: boolean;
}

/** What is in the directory now; undefined if there is no node. */
export async function observeNode(directory: string, now: Date): Promise<LocalNode | undefined> {
  const settings = await readRecord(directory);
  if (settings === undefined) return undefined;
  const caCertPem = await readFile(nodeFiles(directory).authority, "utf8").catch(() => "");
  const pid = await runningPid(directory);
  const asWished = pid !== undefined && settings.isSettled && (await hasCurrentCertificate(settings, now));
  return { settings, caCertPem, pid, asWished };
}

/**
 * Brings the node to the wished settings and runs it: writes what changed, restarts the process if it must, and waits until
 * it answers. Safe to repeat after being killed at any point.
 */
export async function ensureNode(wish: NodeWish, now: Date, caller: Caller): Promise<LocalNode> {
  const { directory } = wish;
  const standing = await makeDirectory(wish);
  const settings = await withPorts(wish, standing);
  const executable = await findServerExecutable(settings.serverExecutable);
  const text = nodeConfig(settings);
  const wasSettled = standing?.isSettled === true && standing.serverExecutable === settings.serverExecutable;
  await writeRecord(settings, false);
  const before = await certificateText(directory);
  const caCertPem = await ensureCertificate(settings, now);
  if (settings.seal === "static") await ensureSealKey(directory);
  const isSame = (await configText(directory)) === text && (await certificateText(directory)) === before;
  if (!wasSettled || !isSame) {
    await stopProcess(directory, caller.signal);
    await writeFileAtomically(nodeFiles(directory).config, text);
  }
  const running = await runningPid(directory);
  const pid = running ?? (await startProcess(executable, directory));
  if (running === undefined) caller.log.info("started the server", { node: settings.name, pid });
  await waitUntilItAnswers(settings, caCertPem, pid, caller);
  await writeRecord(settings, true);
  return { settings, caCertPem, pid, asWished: true };
}

/** Stops it; the data stays unless told otherwise. A directory that belongs to another node is left alone. */
export async function removeNode(
  { directory, name }: Pick<NodeSettings, "directory" | "name">,
  deleteData: boolean,
  signal: AbortSignal,
): Promise<void> {
  if ((await readRecord(directory))?.name !== name) return;
  await stopProcess(directory, signal);
  if (deleteData) await rm(directory, { recursive: true, force: true });
}

/** What stood there before. */
async function makeDirectory({ directory, name }: NodeWish): Promise<NodeRecord | undefined> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const standing = await readRecord(directory);
  if (standing === undefined || standing.name === name) {
    await chmod(directory, 0o700);
    return standing;
  }
  const detail = `${directory} belongs to the node "${standing.name}". Give each node a directory of its own.`;
  throw new ConfigurationError(`The directory of node "${name}" is taken`, detail);
}

async function withPorts(wish: NodeWish, before: NodeRecord | undefined): Promise<NodeSettings> {
  const [freeApi = 0, freeCluster = 0] = await freePorts(wish.address, 2);
  const apiPort = wish.apiPort ?? (before?.apiPort || freeApi);
  const clusterPort = wish.clusterPort ?? (before?.clusterPort || freeCluster);
  return { ...wish, apiPort, clusterPort };
}

async function ensureSealKey(directory: string): Promise<void> {
  const path = nodeFiles(directory).sealKey;
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (!exists) await writeFileAtomically(path, `${randomBytes(SEAL_KEY_BYTES).toString("base64")}\n`);
}

function configText(directory: string): Promise<string> {
  return readFile(nodeFiles(directory).config, "utf8").catch(() => "");
}

function certificateText(directory: string): Promise<string> {
  return readFile(nodeFiles(directory).certificate, "utf8").catch(() => "");
}

/** Any answer at all will do: a new server says that it is not initialised. */
async function waitUntilItAnswers(
  settings: NodeSettings,
  caCertPem: string,
  pid: number,
  caller: Caller,
): Promise<void> {
  const { name, directory } = settings;
  const address = apiAddress(settings);
  const { send, close } = makeSender({ cluster: name, address, caCertPem });
  const wait = { ...caller, what: `node "${name}" answers at ${address}`, limitMs: ANSWER_LIMIT_MS, pollMs: 30 };
  try {
    await waitUntil(wait, async () => {
      if (!(await isRunning(pid, directory))) throw await stoppedError(settings);
      await send({ method: "GET", url: "/v1/sys/health", headers: {}, body: undefined }, caller.signal);
      return { done: true };
    });
  } finally {
    close();
  }
}

async function stoppedError({ name, directory }: NodeSettings): Promise<Error> {
  const lines = redact(await lastLogLines(directory, LOG_LINES));
  const detail = `It ended right after its start. Last lines of ${nodeFiles(directory).log}:\n\n${lines}`;
  return new ConfigurationError(`The server of node "${name}" does not run`, detail);
}
