import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type HclBlock, HclBody, HclError, type HclValue, parseHcl } from "../sdk/hcl";
import { type Configuration, ConfigurationError } from "./configuration";
import { labelledBlocks } from "./options";
import { type RawConfiguration, settleConfiguration } from "./settle";

const FILE_BYTES_MAX = 1024 * 1024;

/** Reads, merges and checks configuration files (or directories of them). @throws ConfigurationError naming file and key */
export async function readConfiguration(paths: readonly string[]): Promise<Configuration> {
  const files = paths.flatMap(filesAt);
  if (files.length === 0) throw new ConfigurationError(`${paths.join(", ")}: no .hcl or .json file there`);
  const merged: Record<string, unknown> = {};
  for (const file of files) merge(merged, readFile(file), file);
  return settleConfiguration(merged, files.join(", "));
}

function filesAt(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter((name) => /\.(hcl|json)$/.test(name))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    throw new ConfigurationError(`${path}: cannot be read: ${reason(error)}`);
  }
}

function readFile(file: string): RawConfiguration {
  let text: string;
  try {
    if (statSync(file).size > FILE_BYTES_MAX)
      throw new ConfigurationError(`${file}: larger than ${FILE_BYTES_MAX} bytes`);
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationError(`${file}: cannot be read: ${reason(error)}`);
  }
  return file.endsWith(".json") || text.trimStart().startsWith("{")
    ? parseJsonFile(text, file)
    : parseHclFile(text, file);
}

function parseJsonFile(text: string, file: string): RawConfiguration {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    // The engine's message may quote what stands there, which may be a seal key.
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    throw new ConfigurationError(`${file}: not valid JSON${position === undefined ? "" : ` at character ${position}`}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new ConfigurationError(`${file}: must hold one JSON object`);
  return parsed as RawConfiguration;
}

function parseHclFile(text: string, file: string): RawConfiguration {
  try {
    return plainBody(parseHcl(text, { bytesMax: FILE_BYTES_MAX }));
  } catch (error) {
    if (error instanceof HclError) throw new ConfigurationError(`${file}: ${error.message}`);
    throw error;
  }
}

/** `listener "tcp" { a = 1 }` becomes `{listener: [{tcp: {a: 1}}]}`, the shape of the JSON form. */
function plainBody(body: HclBody): RawConfiguration {
  const plain: Record<string, unknown> = {};
  for (const item of body.items) {
    if (item.kind === "attribute") plain[item.name] = plainValue(item.value);
    else if (item.name in labelledBlocks || item.name === "backend")
      plain[item.name] = [...list(plain[item.name]), blockValue(item)];
    else plain[item.name] = blockValue(item);
  }
  return plain;
}

function blockValue(block: HclBlock): unknown {
  return block.labels.reduceRight<unknown>((inner, label) => ({ [label]: inner }), plainBody(block.body));
}

function plainValue(value: HclValue): unknown {
  if (value instanceof HclBody) return plainBody(value);
  return Array.isArray(value) ? value.map(plainValue) : value;
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** Later files add listeners and replace everything else. */
function merge(into: Record<string, unknown>, raw: RawConfiguration, file: string): void {
  for (const [key, value] of Object.entries(raw)) {
    if (key === "__proto__") throw new ConfigurationError(`${file}: unknown key "__proto__"`);
    into[key] = key === "listener" ? [...list(into[key]), ...list(value)] : value;
  }
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "it does not exist";
  if (code === "EACCES") return "no permission";
  return code ?? "unknown error";
}
