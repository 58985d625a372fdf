import { pathsOf } from "../../../sdk/path";
import type { TokenMountContext } from "./context";

const declare = pathsOf<TokenMountContext>();

/** One answer holds at most so many; `after` goes on. */
const ACCESSORS_MAX = 100_000;

export const accessors = declare({
  template: "accessors",
  summary: "Lists the accessors of all tokens.",
  fields: {
    after: { type: "string", default: "", description: "Lists what comes after this accessor." },
    limit: { type: "integer", default: ACCESSORS_MAX, description: "How many accessors to list at most." },
  },
  operations: {
    list: {
      summary: "List accessors.",
      sudo: true,
      run: async ({ context, fields }) => {
        const limit = Math.min(Math.max(1, fields.limit), ACCESSORS_MAX);
        const options = fields.after === "" ? { limit } : { after: fields.after, limit };
        return { kind: "list", keys: await context.tokens.accessors(options) };
      },
    },
  },
});

export const tidy = declare({
  template: "tidy",
  summary: "Removes what tokens left behind in the indexes.",
  fields: {},
  operations: {
    update: {
      summary: "Start tidying.",
      responses: { 202: "Tidying goes on in the background." },
      run: ({ context }) => {
        const started = context.tokens.tidy();
        const warning = started
          ? "Tidy operation successfully started. Any information from the operation will be printed to the server log."
          : "Tidy operation already in progress.";
        return { kind: "data", data: null, status: 202, warnings: [warning] };
      },
    },
  },
});
