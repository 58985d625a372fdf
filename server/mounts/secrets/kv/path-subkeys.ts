import { ServerError } from "../../../sdk/errors";
import { type JsonObject, parseJson } from "../../../sdk/json";
import type { MountContext } from "../../../sdk/mount";
import { pathsOf } from "../../../sdk/path";
import { pathField } from "./fields";
import { readWithData } from "./read-version";

const declare = pathsOf<MountContext>();

export const subkeysPath = declare({
  template: "subkeys/{path...}",
  summary: "The structure of a secret's data without its values.",
  fields: {
    path: pathField,
    version: { type: "integer", description: "Version to read; the current one when it is missing or 0." },
    depth: { type: "integer", description: "Levels to show; objects below are answered as null. 0: all." },
  },
  operations: {
    read: {
      summary: "Read the names in a version, with null for every value.",
      responses: { 404: "No such version, or (with its metadata) it is deleted or destroyed." },
      run: ({ context, fields }) =>
        readWithData(context, fields.path, fields.version ?? 0, (text, metadata) => ({
          metadata,
          subkeys: text === null ? null : withoutValues(parsed(text), fields.depth ?? 0),
        })),
    },
  },
});

function parsed(text: Buffer): JsonObject {
  const data = parseJson(text);
  if (data instanceof Map) return data;
  throw new ServerError("corrupt", { detail: "a secret's data is not an object" });
}

/** @param depth levels that are left, this one included; below 1: no limit. An empty object counts as a value. */
export function withoutValues(data: JsonObject, depth: number): JsonObject {
  const names: JsonObject = new Map();
  for (const [name, value] of data) {
    const goesOn = value instanceof Map && value.size > 0 && depth !== 1;
    names.set(name, goesOn ? withoutValues(value, depth - 1) : null);
  }
  return names;
}
