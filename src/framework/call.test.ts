import { Redactor } from "../plugin/redaction";
import { Call, Connection } from "./call";
import { defineSchema } from "./schema";

const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const provider = {
  name: "shop",
  version: "0.0.0",
  schema: defineSchema({ description: "A shop.", attributes: {} }),
  configure: async () => ({ session: undefined }),
  resources: [],
  dataSources: [],
  ephemeralResources: [],
  functions: [],
};
const call = () => new Call(new Connection(provider, log, new Redactor()), new AbortController().signal);

test.each(["600h", "2000h", "999999h"])(
  "a limit of %s, longer than a timer can be, does not end the operation",
  async (text) => {
    const seconds = Number.parseInt(text, 10) * 3600;
    const outcome = await call().run({ operation: "creating shop_shelf", seconds }, async (signal) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      signal.throwIfAborted();
      return "done";
    });
    expect(outcome).toEqual({ value: "done" });
  },
);
