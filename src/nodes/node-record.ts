import { readFile } from "node:fs/promises";
import { integerAt, textAt, textsAt } from "../client/json";
import { writeFileAtomically } from "../operator/atomic-write";
import { errorCode } from "../operator/error-code";
import { nodeFiles } from "./node-files";
import type { NodeSettings } from "./node-settings";

const VERSION = 1;

/** Written before the process is started, so that a run that was killed in between finds ports and directory again. */
export async function writeRecord(settings: NodeSettings): Promise<void> {
  const text = `${JSON.stringify({ version: VERSION, ...settings }, null, 2)}\n`;
  await writeFileAtomically(nodeFiles(settings.directory).record, text);
}

/** Undefined if the directory holds no node. */
export async function readRecord(directory: string): Promise<NodeSettings | undefined> {
  let text: string;
  try {
    text = await readFile(nodeFiles(directory).record, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
  const value: unknown = JSON.parse(text);
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
  };
}
