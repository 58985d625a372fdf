import { UNKNOWN } from "../../protocol/unknown";
import { providerKit } from "../kit";
import type { StateModel } from "../model";
import { toModel } from "../model-value";
import { requiresReplace, useStateForUnknown } from "../plan-modifier";
import type { AnyResource, Resource } from "../resource";
import { defineSchema } from "../schema";
import { ContractChecker, ContractViolation, NEW_INSTANCE } from "./contract-checker";

type Session = Map<string, number>;

const kit = providerKit<Session>();

const schema = defineSchema({
  description: "A lamp.",
  attributes: {
    name: { type: "string", required: true, description: "Name.", planModifiers: [requiresReplace] },
    watts: { type: "integer", optional: true, default: 40, description: "Watts." },
    id: { type: "string", computed: true, nonNull: true, description: "Id.", planModifiers: [useStateForUnknown] },
    hours: { type: "integer", computed: true, description: "Hours burnt." },
    code_wo: { type: "string", optional: true, writeOnly: true, sensitive: true, description: "Code." },
    parts: {
      nested: "set",
      optional: true,
      description: "Parts.",
      attributes: {
        kind: { type: "string", required: true, description: "Kind." },
        weight: { type: "integer", optional: true, default: 1, description: "Grams." },
      },
    },
  },
});

const good: Resource<typeof schema, Session> = {
  name: "house_lamp",
  schema,
  async create({ plan, session }) {
    session.set(plan.name, plan.watts);
    return { state: { ...plan, id: plan.name, hours: 0 } };
  },
  async read({ state, session }) {
    const watts = session.get(state.id);
    return { state: watts === undefined ? null : { ...state, watts } };
  },
  async update({ plan, state, session }) {
    session.set(state.id, plan.watts);
    return { state: { ...plan, id: state.id, hours: 1 } };
  },
  async delete({ state, session }) {
    session.delete(state.id);
  },
  importState: async ({ id }) => ({ state: { id, name: id } }),
};

function checker(lamp: AnyResource<Session>): Promise<ContractChecker> {
  const house = kit.provider({
    name: "house",
    version: "1.0.0",
    schema: { description: "A house.", attributes: {} },
    configure: async () => ({ session: new Map() }),
    resources: [lamp],
    dataSources: [],
    ephemeralResources: [],
    functions: [],
  });
  return ContractChecker.start(house);
}

async function brokenBy(changes: Partial<Resource<typeof schema, Session>>): Promise<readonly string[]> {
  const broken = await checker(kit.resource({ ...good, ...changes }));
  const made = await broken
    .change("house_lamp", NEW_INSTANCE, { name: "a" })
    .then((instance) => broken.change("house_lamp", instance, { name: "a", watts: 60 }))
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  if (!(made instanceof ContractViolation)) throw new Error(`not found: ${String(made)}`);
  return made.violations;
}

test("a sound provider passes through its whole life", async () => {
  const sound = await checker(kit.resource(good));
  const parts = [{ kind: "bulb" }, { kind: "shade", weight: 20 }];
  const made = await sound.change("house_lamp", NEW_INSTANCE, { name: "a", parts, code_wo: "hidden" });
  expect(made.diagnostics).toEqual([]);
  expect(made.state).toMatchObject({ id: "a", watts: 40, code_wo: null });
  const changed = await sound.change("house_lamp", made, { name: "a", watts: 60, parts });
  expect(changed.state).toMatchObject({ watts: 60, hours: 1 });
  const replaced = await sound.change("house_lamp", changed, { name: "b" });
  expect(replaced.state).toMatchObject({ id: "b", hours: 0 });
  expect((await sound.import("house_lamp", "b")).state).toMatchObject({ id: "b", name: "b", watts: 40 });
  expect((await sound.destroy("house_lamp", replaced)).state).toBeNull();
  expect((await sound.read("house_lamp", replaced)).state).toBeNull();
  await sound.close();
});

test("unknown configuration is planned unknown and applied when known", async () => {
  const sound = await checker(kit.resource(good));
  const made = await sound.change(
    "house_lamp",
    NEW_INSTANCE,
    { name: UNKNOWN, watts: UNKNOWN },
    { knownConfig: { name: "c", watts: 5 } },
  );
  expect(made.state).toMatchObject({ id: "c", watts: 5 });
});

test("a result that differs from the plan is found", async () => {
  const found = await brokenBy({ create: async ({ plan }) => ({ state: { ...plan, watts: 1, id: "a", hours: 0 } }) });
  expect(found).toEqual(["watts: has changed"]);
});

test("a plan that depends on anything but its input is found", async () => {
  let times = 0;
  const found = await brokenBy({
    modifyPlan: async () => {
      times += 1;
      return { set: { hours: times } };
    },
  });
  expect(found).toEqual(["planning twice gives two different plans"]);
});

test("a read that reports a difference nobody made is found", async () => {
  const found = await brokenBy({ read: async ({ state }) => ({ state: { ...state, watts: state.watts + 1 } }) });
  expect(found).toEqual(["watts: has changed", "hours: has changed"]);
});

test("a resource that is gone right after creating is found", async () => {
  expect(await brokenBy({ read: async () => ({ state: null }) })).toEqual(["the resource is gone"]);
});

test("a modifyPlan that overrules the configuration is an error of the provider", async () => {
  const bad = await checker(kit.resource({ ...good, modifyPlan: async () => ({ set: { watts: 3 } }) }));
  const { diagnostics } = await bad.change("house_lamp", NEW_INSTANCE, { name: "a", watts: 4 });
  expect(diagnostics[0]?.summary).toBe("Provider planned an impossible value");
});

test("a state that is not whole is stored as far as it goes, with an error", async () => {
  const incomplete = { name: "a", id: UNKNOWN, hours: 2.5, watts: "many", colour: "red", parts: null };
  const bad = await checker(
    kit.resource({ ...good, create: async () => ({ state: toModel<StateModel<typeof schema>>(incomplete) }) }),
  );
  const made = await bad.change("house_lamp", NEW_INSTANCE, { name: "a" });
  expect(made.state).toMatchObject({ name: "a", id: null, watts: null });
  const problems = made.diagnostics.map(({ detail }) =>
    detail.replace(/^The provider returned | This is a bug.*$/g, ""),
  );
  expect(problems).toEqual([
    "colour that is not in the schema.",
    "watts that does not have the attribute's type (a number is required).",
    "id that is still unknown.",
    "hours that is not a whole number.",
  ]);
});

test("a failure keeps what checkpoint recorded and hides what is sensitive", async () => {
  const failing = await checker(
    kit.resource({
      ...good,
      create: async ({ config, checkpoint }) => {
        checkpoint({ id: "half" }, Buffer.from("notes"));
        throw new Error(`the code ${config.code_wo} does not fit`);
      },
    }),
  );
  const made = await failing.change("house_lamp", NEW_INSTANCE, { name: "a", code_wo: "hunter2hunter2" });
  expect(made.state).toMatchObject({ id: "half", name: "a", watts: 40, hours: null, code_wo: null });
  expect(made.private.toString()).toBe("notes");
  expect(made.diagnostics).toEqual([
    { severity: "error", summary: "Creating house_lamp failed", detail: "the code (redacted) does not fit" },
  ]);
});

test("a failed update without checkpoint keeps the prior state, a failed delete keeps the resource", async () => {
  const refusal = { diagnostics: [{ severity: "error" as const, summary: "No", detail: "Not today." }] };
  const failing = await checker(kit.resource({ ...good, update: async () => refusal, delete: async () => refusal }));
  const made = await failing.change("house_lamp", NEW_INSTANCE, { name: "a" });
  const kept = await failing.change("house_lamp", made, { name: "a", watts: 99 });
  expect(kept.state).toMatchObject({ watts: 40 });
  expect(kept.diagnostics).toHaveLength(1);
  expect((await failing.destroy("house_lamp", made)).state).toMatchObject({ name: "a" });
});

test("a resource without update is replaced by any change", async () => {
  const { update: _, ...fixed } = good;
  const rigid = await checker(kit.resource(fixed));
  const made = await rigid.change("house_lamp", NEW_INSTANCE, { name: "a" });
  const { requiresReplace: paths } = await rigid.plan("house_lamp", made, { name: "a", watts: 1 });
  expect(paths).toEqual(["watts"]);
  expect((await rigid.change("house_lamp", made, { name: "a", watts: 1 })).state).toMatchObject({ watts: 1 });
});

test("checks of a configuration point at nested attributes and leave unknown values alone", async () => {
  const sound = await checker(kit.resource(good));
  expect(await sound.validate("house_lamp", { name: UNKNOWN, watts: UNKNOWN })).toEqual([]);
  const texts = (await sound.validate("house_lamp", { name: "a", watts: 1.5, id: "x" })).map(({ detail }) => detail);
  expect(texts).toEqual([
    "The value must be a whole number.",
    "The value is decided by the provider and cannot be set.",
  ]);
});
