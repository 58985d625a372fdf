import { readFile } from "node:fs/promises";
import { ConfigurationError } from "../client/errors";
import { booleanAt, integerAt, textAt, textsAt } from "../client/json";
import { writeFileAtomically } from "../operator/atomic-write";
import { errorCode } from "../operator/error-code";
import { nodeFiles } from "./node-files";
import type { NodeSettings } from "./node-settings";

const VERSION = 1;

export interface NodeRecord extends NodeSettings {
  /** Whether a process answered with these very settings. False while they are being brought about. */
  readonly isSettled: boolean;
}

/** Written before the process is started, so that a run that was killed in between finds ports and directory again. */
export async function writeRecord(settings: NodeSettings, isSettled: boolean): Promise<void> {
  const text = `${JSON.stringify({ version: VERSION, ...settings, isSettled }, null, 2)}\n`;
  await writeFileAtomically(nodeFiles(settings.directory).record, text);
}

/** Undefined if the directory holds no node. */
export async function readRecord(directory: string): Promise<NodeRecord | undefined> {
  let text: string;
  try {
    text = await readFile(nodeFiles(directory).record, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
  const value = parsed(text, directory);
  return {
    name: textAt(value, "name") ?? "",
    directory,
    address: textAt(value, "address") ?? "127.0.0.1",
    apiPort: integerAt(value, "apiPort") ?? 0,
    clusterPort: integerAt(value, "clusterPort") ?? 0,
    storage: textAt(value, "storage") ?? "lmdb",
    seal: textAt(value, "seal") ?? "shamir",
    logLevel: textAt(value, "logLevel") ?? "info",
    tlsNames: textsAt(value, "tlsNames"),
    settingsJson: textAt(value, "settingsJson") ?? null,
    serverExecutable: textAt(value, "serverExecutable") ?? null,
    isSettled: booleanAt(value, "isSettled") ?? true,
  };
}

/** The parser's own message is left out with the text that it quotes. */
function parsed(text: string, directory: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const detail = `${nodeFiles(directory).record} is not valid JSON. Restore it from a copy: it says which node lives in this directory.`;
    throw new ConfigurationError("A node's record is damaged", detail);
  }
}
