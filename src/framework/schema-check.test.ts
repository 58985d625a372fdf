import { providerKit } from "./kit";
import type { Attribute, Attributes } from "./schema";
import { checkProvider } from "./schema-check";

const kit = providerKit<undefined>();

function problemsOf(attributes: Attributes): readonly string[] {
  const schema = { description: "A thing.", attributes };
  const thing = kit.resource({
    name: "shop_thing",
    schema,
    create: async () => ({ diagnostics: [] }),
    read: async () => ({ state: null }),
    async delete() {},
  });
  const empty = { description: "Shop.", attributes: {} };
  const shop = kit.provider({
    name: "shop",
    version: "1.0.0",
    schema: empty,
    configure: async () => ({ session: undefined }),
    resources: [thing],
    dataSources: [],
    ephemeralResources: [],
    functions: [],
  });
  return checkProvider(shop);
}

const text: Attribute = { type: "string", optional: true, description: "Text." };
const computed: Attribute = { type: "string", computed: true, description: "Text." };

test.each<readonly [string, Attributes, string | undefined]>([
  ["a sound schema", { text, computed }, undefined],
  ["capital letters", { Text: text }, "Text: the name needs lower-case letters, digits and underscores"],
  ["a reserved name", { for_each: text }, "for_each: the name is reserved"],
  ["computed write-only", { a: { ...computed, writeOnly: true } }, "a: write-only attributes cannot be computed"],
  ["nonNull without computed", { a: { ...text, nonNull: true } }, "a: nonNull is for computed attributes"],
  [
    "write-only inside a set",
    { s: { nested: "set", optional: true, description: "", attributes: { w: { ...text, writeOnly: true } } } },
    "s.w: a set cannot hold write-only attributes",
  ],
  [
    "dynamic inside a set",
    {
      s: {
        nested: "set",
        optional: true,
        description: "",
        attributes: { d: { type: "dynamic", optional: true, description: "" } },
      },
    },
    "s.d: a set cannot hold dynamic values",
  ],
])("judges %s", (_, attributes, problem) => {
  expect(problemsOf(attributes)).toEqual(problem === undefined ? [] : [`resource shop_thing: ${problem}`]);
});
