import { isUnknown } from "../protocol/unknown";
import { providerFunction, providerKit } from "./kit";
import type { ApplyingModel, ConfigModel, ImportedState, StateModel } from "./model";
import { requiresReplace, useStateForUnknown } from "./plan-modifier";
import { defineSchema, timeoutsAttribute } from "./schema";

const schema = defineSchema({
  description: "A shelf.",
  attributes: {
    name: { type: "string", required: true, description: "Name.", planModifiers: [requiresReplace] },
    width: { type: "integer", optional: true, default: 80, description: "Width." },
    labels: { type: { map: "string" }, optional: true, description: "Labels." },
    boards: {
      nested: "list",
      optional: true,
      description: "Boards.",
      attributes: {
        load: { type: "integer", required: true, description: "Kilograms." },
        serial: { type: "string", computed: true, description: "Number." },
      },
    },
    code_wo: { type: "string", optional: true, sensitive: true, writeOnly: true, description: "Code." },
    id: { type: "string", computed: true, nonNull: true, description: "Id.", planModifiers: [useStateForUnknown] },
    timeouts: timeoutsAttribute,
  },
});

type S = typeof schema;
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function expectType<_Check extends true>(): void {}

test("model types follow from the literal", () => {
  expectType<Equal<StateModel<S>["name"], string>>();
  expectType<Equal<StateModel<S>["width"], number>>();
  expectType<Equal<StateModel<S>["code_wo"], null>>();
  expectType<Equal<StateModel<S>["id"], string>>();
  expectType<Equal<StateModel<S>["labels"], ReadonlyMap<string, string> | null>>();
  expectType<Equal<ConfigModel<S>["id"], null>>();
  expectType<Equal<ConfigModel<S>["name"], string | import("../protocol/unknown").Unknown>>();
  expectType<Equal<ApplyingModel<S>["id"], string | import("../protocol/unknown").Unknown>>();
  expectType<Equal<ApplyingModel<S>["width"], number>>();
  const imported: ImportedState<S> = { name: "a", id: "1" };
  expect(imported.id).toBe("1");
});

test("a resource of any schema fits one list", () => {
  const { resource, provider } = providerKit<{ readonly items: Map<string, number> }>();
  const shelf = resource({
    name: "shop_shelf",
    schema,
    async create({ plan, config, session, checkpoint }) {
      checkpoint({ id: plan.name });
      session.items.set(plan.name, config.code_wo?.length ?? plan.width);
      const boards = plan.boards?.map((board) => ({ ...board, serial: isUnknown(board.serial) ? "s" : board.serial }));
      return { state: { ...plan, boards: boards ?? null, id: plan.name } };
    },
    async read({ state }) {
      return { state };
    },
    async delete({ state, session }) {
      session.items.delete(state.id);
    },
    async importState({ id }) {
      return { state: { id, name: id } };
    },
  });
  const shop = provider({
    name: "shop",
    version: "0.1.0",
    schema: { description: "Shop.", attributes: {} },
    configure: async () => ({ session: { items: new Map() } }),
    resources: [shelf],
    dataSources: [],
    ephemeralResources: [],
    functions: [
      providerFunction({
        name: "twice",
        summary: "Twice.",
        description: "Twice.",
        parameters: [{ name: "value", type: "integer", description: "Value." }],
        returns: "integer",
        call: ([value]) => value * 2,
      }),
    ],
  });
  expect(shop.resources.map((one) => one.name)).toEqual(["shop_shelf"]);
});
