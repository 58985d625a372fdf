import { ServerError } from "../../../sdk/errors";
import { RawJson, stringifyJson } from "../../../sdk/json";
import type { MountContext } from "../../../sdk/mount";
import type { Outcome } from "../../../sdk/outcome";
import { type Call, pathsOf } from "../../../sdk/path";
import { tokenView } from "./token-view";

const PATH_BYTES_MAX = 1_600;

const declare = pathsOf<MountContext>();
const empty: Outcome = Object.freeze({ kind: "empty" });

export const secretPath = declare({
  template: "{path...}",
  summary: "A secret of the calling token: any JSON object.",
  anyField: true,
  fields: {
    path: { type: "string", description: "Location of the secret.", required: true, bytesMax: PATH_BYTES_MAX },
  },
  exists: async (call) => (await tokenView(call).get(call.fields.path)) !== undefined,
  operations: {
    read: {
      summary: "Read the secret.",
      responses: { 404: "There is no such secret." },
      run: async (call) => {
        const view = tokenView(call);
        const stored = view.peek(call.fields.path) ?? (await view.get(call.fields.path));
        return stored === undefined ? { kind: "not_found" } : { kind: "data", data: new RawJson(stored.value) };
      },
    },
    create: { summary: "Store the secret.", responses: { 204: "Stored." }, run: write },
    update: { summary: "Replace the secret.", responses: { 204: "Stored." }, run: write },
    delete: {
      summary: "Remove the secret.",
      responses: { 204: "Removed, or it did not exist." },
      run: async (call) => {
        const view = tokenView(call);
        await view.commit([view.delete(call.fields.path)]);
        return empty;
      },
    },
    list: { summary: "List secrets and folders.", run: (call) => list(call, `${call.fields.path}/`) },
  },
});

export const secretRootPath = declare({
  template: "",
  summary: "The secrets and folders at the root of the calling token's cubbyhole.",
  fields: {},
  operations: { list: { summary: "List secrets and folders.", run: (call) => list(call, "") } },
});

async function write(call: Call<MountContext, { readonly path: string }>): Promise<Outcome> {
  if (call.body.size === 0) throw new ServerError("invalid_request", "missing data fields");
  const view = tokenView(call);
  await view.commit([view.put(call.fields.path, Buffer.from(stringifyJson(call.body)))]);
  return empty;
}

async function list(call: Call<MountContext, unknown>, prefix: string): Promise<Outcome> {
  return { kind: "list", keys: await tokenView(call).list(prefix, { limit: Number.MAX_SAFE_INTEGER }) };
}
