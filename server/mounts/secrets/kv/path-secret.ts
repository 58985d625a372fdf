import { parseDurationSeconds } from "../../../sdk/duration";
import { ServerError } from "../../../sdk/errors";
import { ExactNumber, type JsonObject, RawJson, stringifyJson } from "../../../sdk/json";
import type { MountContext } from "../../../sdk/mount";
import type { Outcome } from "../../../sdk/outcome";
import { type Call, pathsOf } from "../../../sdk/path";
import type { ViewValue } from "../../../sdk/view";
import { folderPrefix, listFields, listPage, pathField } from "./fields";
import { empty, notFound } from "./version-answer";

/** Version 1: one key per secret, `secret/<path>`; its value is the lease hint in seconds (or nothing), a line end, the JSON text. */
export const SECRET_PREFIX = "secret/";
const LINE_END = 0x0a;

const declare = pathsOf<MountContext>();

export const secretPath = declare({
  template: "{path...}",
  summary: "A secret: any JSON object.",
  anyField: true,
  fields: { path: pathField },
  exists: async ({ context, fields }) => (await context.storage.get(SECRET_PREFIX + fields.path)) !== undefined,
  operations: {
    read: {
      summary: "Read the secret. Its own field `ttl` (or `lease`) is answered as lease_duration.",
      responses: { 404: "There is no such secret." },
      run: ({ context, fields }) => {
        const key = SECRET_PREFIX + fields.path;
        const stored = context.storage.peek(key);
        if (stored !== undefined) return answer(context, stored);
        return context.storage.get(key).then((found) => answer(context, found));
      },
    },
    create: { summary: "Store the secret.", forward: true, responses: { 204: "Stored." }, run: write },
    update: { summary: "Replace the secret.", forward: true, responses: { 204: "Stored." }, run: write },
    delete: {
      summary: "Remove the secret.",
      forward: true,
      responses: { 204: "Removed, or it did not exist." },
      run: async ({ context, fields }) => {
        await context.storage.commit([context.storage.delete(SECRET_PREFIX + fields.path)]);
        return empty;
      },
    },
    list: {
      summary: "List secrets and folders.",
      run: ({ context, fields }) => list(context, fields.path, { after: undefined, limit: undefined }),
    },
  },
});

export const secretRootPath = declare({
  template: "",
  summary: "The secrets and folders at the root of the mount.",
  fields: listFields,
  operations: {
    list: { summary: "List secrets and folders.", run: ({ context, fields }) => list(context, "", fields) },
  },
});

async function write({ context, fields, body }: Call<MountContext, { readonly path: string }>): Promise<Outcome> {
  if (body.size === 0) throw new ServerError("invalid_request", "missing data fields");
  const value = Buffer.from(`${leaseHintSeconds(body) ?? ""}\n${stringifyJson(body)}`);
  await context.storage.commit([context.storage.put(SECRET_PREFIX + fields.path, value)]);
  return empty;
}

function answer(context: MountContext, stored: ViewValue | undefined): Outcome {
  if (stored === undefined) return notFound;
  const lineEnd = stored.value.indexOf(LINE_END);
  const hint = stored.value.toString("latin1", 0, lineEnd);
  return {
    kind: "data",
    data: new RawJson(stored.value.subarray(lineEnd + 1)),
    leaseDurationSeconds: hint === "" ? context.leaseLimits().defaultLeaseTtlSeconds : Number(hint),
  };
}

/** Undefined where the secret gives none, or one that is no duration. */
function leaseHintSeconds(body: JsonObject): number | undefined {
  const given = body.get("ttl") ?? body.get("lease");
  const text = given instanceof ExactNumber ? given.text : given;
  if (typeof text !== "string" && typeof text !== "number") return undefined;
  const seconds = parseDurationSeconds(text);
  return seconds === undefined ? undefined : Math.floor(seconds);
}

async function list(
  context: MountContext,
  path: string,
  fields: { readonly after: string | undefined; readonly limit: number | undefined },
): Promise<Outcome> {
  return { kind: "list", keys: await context.storage.list(SECRET_PREFIX + folderPrefix(path), listPage(fields)) };
}
