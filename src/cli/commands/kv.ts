import type { ClusterClient } from "../../client/cluster-client";
import { textAt } from "../../client/json";
import { deleteSecret, type KvPath, kvVersion, readSecret, writeSecret } from "../../client/kv";
import { parseLosslessJson } from "../../protocol/lossless-json";
import { printField, printKeys } from "../answer";
import { type Command, type FlagRow, type Invocation, numberFlag, textFlag, UsageError } from "../command";
import { jsonObject, readKeyValues } from "../key-values";
import { indentedJson, member, rowsOf, table } from "../output";
import { apiPath, missing } from "../paths";

const MOUNT: FlagRow = {
  name: "mount",
  kind: "text",
  description: "Path of the engine; else it is found from the beginning of the path.",
};

/** Which engine a path belongs to: `-mount`, else asked of the server, else the first part of the path. */
async function locate(invocation: Invocation, client: ClusterClient, given: string | undefined): Promise<KvPath> {
  if (given === undefined) throw new UsageError("give a path such as secret/app");
  const path = apiPath(given);
  const named = textFlag(invocation.flags, "mount")?.replace(/\/+$/, "");
  const mount = named ?? (await mountOf(client, path));
  const name = named === undefined ? path.slice(mount.length + 1) : path;
  return { mount, name, version: await kvVersion(client, mount) };
}

async function mountOf(client: ClusterClient, path: string): Promise<string> {
  const answer = await client.get(`sys/internal/ui/mounts/${path}`, { accept: [400, 403] });
  return textAt(answer?.body, "data", "path")?.replace(/\/+$/, "") ?? path.split("/", 1)[0] ?? path;
}

function needName({ name }: KvPath): void {
  if (name === "") throw new UsageError("the path names an engine; add the secret's name to it");
}

const get: Command = {
  words: ["kv", "get"],
  summary: "Show a secret.",
  usage: "PATH",
  details: "  $ meridian kv get secret/app\n  $ meridian kv get -mount=secret -field=password app",
  flags: [
    MOUNT,
    { name: "field", kind: "text", description: "Print this field alone." },
    { name: "version", kind: "number", description: "Show this version instead of the present one." },
  ],
  async run(invocation) {
    const client = await invocation.client();
    const path = await locate(invocation, client, invocation.positional[0]);
    needName(path);
    const text = await readSecret(client, path, numberFlag(invocation.flags, "version") ?? null);
    if (text === undefined) return missing(invocation, `${path.mount}/${path.name}`);
    const outer = member(parseLosslessJson(text), "data");
    const data = path.version === 2 ? member(outer, "data") : outer;
    if (data === null || data === undefined) return missing(invocation, `${path.mount}/${path.name}`);
    const field = textFlag(invocation.flags, "field");
    if (field !== undefined) return printField(invocation, data, field);
    if (invocation.format === "json") invocation.terminal.out(indentedJson(text));
    else {
      const metadata = path.version === 2 ? `${table(rowsOf(member(outer, "metadata")))}\n` : "";
      invocation.terminal.out(metadata + table(rowsOf(data)));
    }
    return 0;
  },
};

const put: Command = {
  words: ["kv", "put"],
  summary: "Write a secret.",
  usage: "PATH key=value | key=@file | key=- | @file.json ...",
  details: "  $ meridian kv put secret/app password=-",
  flags: [
    MOUNT,
    {
      name: "cas",
      kind: "number",
      description: "Write only if this is the present version; 0: only if there is none.",
    },
  ],
  async run(invocation) {
    const { positional, terminal, format } = invocation;
    const [given, ...data] = positional;
    if (data.length === 0) throw new UsageError("give data as key=value");
    const values = await readKeyValues(terminal, data);
    const client = await invocation.client();
    const path = await locate(invocation, client, given);
    needName(path);
    const { version, createdTime } = await writeSecret(
      client,
      path,
      jsonObject(values),
      numberFlag(invocation.flags, "cas"),
      [],
    );
    if (format === "json") terminal.out(`${JSON.stringify({ version, created_time: createdTime }, null, 2)}\n`);
    else if (path.version === 1) terminal.out(`Success! Data written to: ${path.mount}/${path.name}\n`);
    else
      terminal.out(
        table([
          ["created_time", createdTime ?? "n/a"],
          ["version", String(version)],
        ]),
      );
    return 0;
  },
};

const list: Command = {
  words: ["kv", "list"],
  summary: "List secrets.",
  usage: "PATH",
  flags: [MOUNT],
  async run(invocation) {
    const client = await invocation.client();
    const named = textFlag(invocation.flags, "mount");
    const { mount, name, version } = await locate(invocation, client, invocation.positional[0] ?? named);
    const folder = name === named?.replace(/\/+$/, "") ? "" : name;
    const keys = await client.list(
      [mount, version === 2 ? "metadata" : "", folder].filter((part) => part !== "").join("/"),
    );
    return keys.length === 0 ? missing(invocation, `${mount}/${folder}`) : printKeys(invocation, keys);
  },
};

const remove: Command = {
  words: ["kv", "delete"],
  summary: "Delete a secret's present version; it can be undeleted (version 2).",
  usage: "PATH",
  flags: [MOUNT],
  async run(invocation) {
    const client = await invocation.client();
    const path = await locate(invocation, client, invocation.positional[0]);
    needName(path);
    await deleteSecret(client, path, false);
    const text = `Success! Data deleted (if it existed) at: ${path.mount}/${path.name}\n`;
    invocation.terminal.out(invocation.format === "json" ? "{}\n" : text);
    return 0;
  },
};

export const kvCommands: readonly Command[] = [get, put, list, remove];
