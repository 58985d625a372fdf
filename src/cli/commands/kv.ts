import type { JsonValue } from "../../protocol/lossless-json";
import { FIELD, printDone, printField, printJson, printKeys, warn } from "../answer";
import { plainRows } from "../answer-rows";
import type { Answer } from "../api";
import { type Command, type ExitCode, type Invocation, numberFlag, textFlag, UsageError } from "../command";
import { fields, member, text, texts } from "../json-members";
import { jsonObject, readKeyValues, textsWithin } from "../key-values";
import { type KvPath, kvApiPath, locate, locateSecret, MOUNT } from "../kv-mount";
import { section, table } from "../output";
import { missing } from "../paths";

const get: Command = {
  words: ["kv", "get"],
  summary: "Show a secret.",
  usage: "PATH",
  details: "  $ meridian kv get secret/app\n  $ meridian kv get -mount=secret -field=password app",
  flags: [
    MOUNT,
    FIELD,
    { name: "version", kind: "number", description: "Show this version instead of the present one (version 2)." },
  ],
  async run(invocation) {
    const [given, ...more] = invocation.positional;
    if (more.length > 0) throw new UsageError("give exactly one path");
    const api = await invocation.api();
    const path = await locateSecret(invocation, api, given);
    const version = numberFlag(invocation.flags, "version");
    if (version !== undefined && path.version === 1)
      throw new UsageError(`${path.mount}/ is of version 1: it keeps one version`);
    const query = version === undefined ? undefined : { query: new Map([["version", String(version)]]) };
    const answer = await api.call({ method: "GET", path: kvApiPath(path, "data"), accept: [404], ...query });
    return printSecret(invocation, path, answer);
  },
};

function printSecret(invocation: Invocation, path: KvPath, answer: Answer): ExitCode {
  const { terminal, format, flags } = invocation;
  const outer = member(answer.body, "data");
  const data = path.version === 2 ? member(outer, "data") : outer;
  if (!(outer instanceof Map)) return missing(invocation, kvApiPath(path, "data"));
  const isGone = !(data instanceof Map);
  const field = textFlag(flags, "field");
  if (field !== undefined && !isGone) return printField(invocation, data.get(field), field);
  if (field === undefined && format === "json") printJson(terminal, answer.text);
  else if (field === undefined) terminal.out(secretText(path, outer, isGone ? undefined : data));
  if (format !== "json") warn(terminal, answer);
  return isGone ? gone(invocation, path, outer) : 0;
}

function secretText(path: KvPath, outer: JsonValue, data: ReadonlyMap<string, JsonValue> | undefined): string {
  const shown = data === undefined ? [] : [section("Data", table(plainRows(data)))];
  if (path.version === 1) return shown.join("");
  return [...placeAndMetadata(path, fields(outer, "metadata")), ...shown].join("\n");
}

function placeAndMetadata(path: KvPath, metadata: ReadonlyMap<string, JsonValue>): readonly string[] {
  const known = new Map([...metadata].map(([key, value]) => [key, value === "" ? null : value]));
  return [section("Secret Path", `${kvApiPath(path, "data")}\n`), section("Metadata", table(plainRows(known)))];
}

/** A version that was deleted or destroyed still has metadata; its data is what was asked for. */
function gone({ terminal }: Invocation, path: KvPath, outer: JsonValue): ExitCode {
  const deleted = text(outer, "metadata", "deletion_time") ?? "";
  const why = member(outer, "metadata", "destroyed") === true ? "was destroyed" : `was deleted at ${deleted}`;
  terminal.error(`No value found at ${kvApiPath(path, "data")}: this version ${why}.\n`);
  return 2;
}

const put: Command = {
  words: ["kv", "put"],
  summary: "Write a secret.",
  usage: "PATH key=value | key=@file | key=- | @file.json | - ...",
  details: "  $ meridian kv put secret/app user=app password=-\n  $ meridian kv put -cas=3 secret/app @app.json",
  flags: [
    MOUNT,
    FIELD,
    {
      name: "cas",
      kind: "number",
      description: "Write only if this is the present version; 0: only if there is none (version 2).",
    },
  ],
  async run(invocation) {
    const [given, ...data] = invocation.positional;
    if (data.length === 0) throw new UsageError("give data as key=value");
    const { values } = await readKeyValues(invocation.terminal, data);
    const api = await invocation.api();
    const path = await locateSecret(invocation, api, given);
    const body = jsonObject(path.version === 2 ? versioned(invocation, values) : unversioned(invocation, path, values));
    const answer = await api.call({
      method: "POST",
      path: kvApiPath(path, "data"),
      body,
      secrets: textsWithin(values),
    });
    return printWritten(invocation, path, answer);
  },
};

function versioned({ flags }: Invocation, values: ReadonlyMap<string, JsonValue>): ReadonlyMap<string, JsonValue> {
  const cas = numberFlag(flags, "cas");
  return new Map<string, JsonValue>([
    ["data", values],
    ...(cas === undefined ? [] : [["options", new Map([["cas", cas]])] as const]),
  ]);
}

function unversioned(
  { flags }: Invocation,
  { mount }: KvPath,
  values: ReadonlyMap<string, JsonValue>,
): ReadonlyMap<string, JsonValue> {
  if (flags.has("cas")) throw new UsageError(`${mount}/ is of version 1: it cannot check a version`);
  return values;
}

function printWritten(invocation: Invocation, path: KvPath, answer: Answer): ExitCode {
  const { terminal, format, flags } = invocation;
  const field = textFlag(flags, "field");
  if (field !== undefined) return printField(invocation, member(answer.body, "data", field), field);
  const metadata = fields(answer.body, "data");
  if (format === "json" || metadata.size === 0)
    return printDone(invocation, answer, `Success! Data written to: ${kvApiPath(path, "data")}`);
  warn(terminal, answer);
  terminal.out(placeAndMetadata(path, metadata).join("\n"));
  return 0;
}

const list: Command = {
  words: ["kv", "list"],
  summary: "List secrets.",
  usage: "PATH",
  details: "  $ meridian kv list secret\n  $ meridian kv list -mount=secret teams",
  flags: [MOUNT],
  async run(invocation) {
    const [given, ...more] = invocation.positional;
    if (more.length > 0) throw new UsageError("give exactly one path");
    const api = await invocation.api();
    const path = kvApiPath(await locate(invocation, api, given), "metadata");
    const answer = await api.call({ method: "LIST", path, accept: [404] });
    return texts(answer.body, "data", "keys").length === 0 ? missing(invocation, path) : printKeys(invocation, answer);
  },
};

const remove: Command = {
  words: ["kv", "delete"],
  summary: "Delete a secret's present version; it can be undeleted (version 2).",
  usage: "PATH",
  details: "  $ meridian kv delete secret/app\n  $ meridian kv delete -versions=1,2 secret/app",
  flags: [
    MOUNT,
    { name: "versions", kind: "text", description: "Delete these versions instead, comma-separated (version 2)." },
  ],
  async run(invocation) {
    const [given, ...more] = invocation.positional;
    if (more.length > 0) throw new UsageError("give exactly one path");
    const versions = versionNumbers(textFlag(invocation.flags, "versions"));
    const api = await invocation.api();
    const path = await locateSecret(invocation, api, given);
    if (versions.length > 0 && path.version === 1)
      throw new UsageError(`${path.mount}/ is of version 1: it keeps one version`);
    const answer = await (versions.length > 0
      ? api.call({
          method: "POST",
          path: kvApiPath(path, "delete"),
          body: jsonObject(new Map([["versions", versions]])),
        })
      : api.call({ method: "DELETE", path: kvApiPath(path, "data") }));
    return printDone(invocation, answer, `Success! Data deleted (if it existed) at: ${kvApiPath(path, "data")}`);
  },
};

function versionNumbers(given: string | undefined): readonly number[] {
  if (given === undefined) return [];
  const numbers = given.split(",").map((part) => (/^\s*\d{1,15}\s*$/.test(part) ? Number(part) : 0));
  if (numbers.includes(0)) throw new UsageError("-versions is a list of whole numbers such as 1,2");
  return numbers;
}

export const kvCommands: readonly Command[] = [get, put, list, remove];
