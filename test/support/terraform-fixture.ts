import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attributePath } from "../../src/framework/attribute-path";
import { errorDiagnostic, warningDiagnostic } from "../../src/framework/diagnostics";
import { FunctionError } from "../../src/framework/function";
import { providerFunction, providerKit } from "../../src/framework/kit";
import { requiresReplace, useStateForUnknown } from "../../src/framework/plan-modifier";
import { defineSchema, timeoutsAttribute } from "../../src/framework/schema";
import { integerBetween } from "../../src/framework/validator";
import { isKnown, isUnknown } from "../../src/protocol/unknown";

/** A small provider over files in a directory: each shelf is a file, `journal` gets a line for each call. */

interface ShopSession {
  readonly directory: string;
}

interface Shelf {
  readonly name: string;
  readonly width: number;
  readonly labels: readonly (readonly [string, string])[];
  readonly code: string | null;
}

const { resource, dataSource, ephemeralResource, provider } = providerKit<ShopSession>();

function journal({ directory }: ShopSession, line: string): void {
  appendFileSync(join(directory, "journal"), `${line}\n`);
}

function crash(text: string): never {
  throw new Error(text);
}

function shelfFile({ directory }: ShopSession, id: string): string {
  return join(directory, `${encodeURIComponent(id)}.shelf`);
}

function findShelf(session: ShopSession, id: string): Shelf | undefined {
  try {
    return JSON.parse(readFileSync(shelfFile(session, id), "utf8"));
  } catch {
    return undefined;
  }
}

function writeShelf(session: ShopSession, id: string, shelf: Shelf): void {
  writeFileSync(shelfFile(session, id), JSON.stringify(shelf));
}

const shelfSchema = defineSchema({
  version: 1,
  description: "A shelf.",
  attributes: {
    name: { type: "string", required: true, description: "Its name.", planModifiers: [requiresReplace] },
    width: {
      type: "integer",
      optional: true,
      default: 80,
      description: "Centimetres.",
      validators: [integerBetween(1, 1000)],
    },
    capacity: { type: "number", optional: true, description: "Any number." },
    labels: { type: { map: "string" }, optional: true, description: "Labels." },
    colours: { type: { set: "string" }, optional: true, description: "Colours." },
    boards: {
      nested: "list",
      optional: true,
      description: "From top to bottom.",
      attributes: {
        load: { type: "integer", required: true, description: "Kilograms." },
        serial: {
          type: "string",
          computed: true,
          description: "Number.",
          planModifiers: [useStateForUnknown],
        },
        seal_wo: { type: "string", optional: true, writeOnly: true, sensitive: true, description: "Seal." },
      },
    },
    hooks: {
      nested: "map",
      optional: true,
      description: "By name.",
      attributes: { metal: { type: "bool", optional: true, default: false, description: "Of metal." } },
    },
    feet: {
      nested: "set",
      optional: true,
      description: "What it stands on.",
      attributes: {
        height: { type: "integer", required: true, description: "Millimetres." },
        material: { type: "string", optional: true, default: "rubber", description: "Material." },
      },
    },
    code_wo: { type: "string", optional: true, sensitive: true, writeOnly: true, description: "Lock code." },
    code_wo_version: { type: "integer", optional: true, description: "Raise it to set the code again." },
    delay_milliseconds: { type: "integer", optional: true, description: "Time that creating takes." },
    fail_after_creating: { type: "bool", optional: true, description: "Creates, then fails." },
    id: { type: "string", computed: true, nonNull: true, description: "The id.", planModifiers: [useStateForUnknown] },
    area: { type: "integer", computed: true, description: "Known while planning when the width is." },
    timeouts: timeoutsAttribute,
  },
});

const shelf = resource({
  name: "shop_shelf",
  schema: shelfSchema,
  validate: ({ config }) =>
    isKnown(config.name) && config.name.includes(" ")
      ? [errorDiagnostic("Invalid name", "A name has no spaces.", attributePath("name"))]
      : [],
  async modifyPlan(context) {
    if (context.action === "delete") {
      return { diagnostics: [warningDiagnostic("Shelf goes away", `${context.state.name} is destroyed.`)] };
    }
    const { width } = context.plan;
    return isUnknown(width) ? {} : { set: { area: width * 30 } };
  },
  async create({ plan, config, session, signal, checkpoint, log }) {
    const id = `shelf-${plan.name}`;
    journal(session, `create ${plan.name} code=${config.code_wo === null ? "none" : "given"}`);
    if (plan.name === "crash") setImmediate(() => crash("the shelf fell"));
    await sleep(plan.delay_milliseconds ?? 0, undefined, { signal });
    const labels = [...(plan.labels ?? [])];
    writeShelf(session, id, { name: plan.name, width: plan.width, labels, code: config.code_wo });
    checkpoint({ id });
    log.info("created", { id });
    if (plan.fail_after_creating) throw new Error("the shelf wobbles");
    const boards = plan.boards?.map((board, index) => ({ ...board, serial: `${plan.name}-${index}` })) ?? null;
    return { state: { ...plan, id, boards, area: plan.width * 30 }, private: Buffer.from(`made ${plan.name}`) };
  },
  async read({ state, session, private: bytes }) {
    journal(session, `read ${state.id} private=${bytes.toString()}`);
    const found = findShelf(session, state.id);
    if (found === undefined) return { state: null };
    return { state: { ...state, width: found.width, area: found.width * 30 } };
  },
  async update({ plan, config, state, session }) {
    const before = findShelf(session, state.id);
    const renewed = plan.code_wo_version !== state.code_wo_version;
    journal(session, `update ${state.id} code=${renewed ? "given" : "kept"}`);
    const code = renewed ? config.code_wo : (before?.code ?? null);
    writeShelf(session, state.id, { name: plan.name, width: plan.width, labels: [...(plan.labels ?? [])], code });
    const boards = plan.boards?.map((board, index) => {
      const serial = isUnknown(board.serial) ? `${plan.name}-${index}` : board.serial;
      return { ...board, serial };
    });
    return { state: { ...plan, id: state.id, boards: boards ?? null, area: plan.width * 30 } };
  },
  async delete({ state, session }) {
    journal(session, `delete ${state.id}`);
    rmSync(shelfFile(session, state.id), { force: true });
  },
  async importState({ id, session }) {
    const found = findShelf(session, id);
    if (found === undefined) return { diagnostics: [errorDiagnostic("No such shelf", `There is no shelf ${id}.`)] };
    const labels = found.labels.length > 0 ? new Map(found.labels) : null;
    return { state: { id, name: found.name, labels } };
  },
  upgradeState({ version, state }) {
    if (version !== 0) return { diagnostics: [errorDiagnostic("Unknown version", "No such version.")] };
    const { title, ...rest } = Object.fromEntries(state);
    return { state: new Map(Object.entries({ ...rest, name: title ?? null })) };
  },
});

const hook = resource({
  name: "shop_hook",
  schema: {
    description: "A hook: it cannot be changed, only replaced.",
    attributes: {
      shelf: { type: "string", required: true, description: "Id of its shelf." },
      serial: { type: "string", computed: true, nonNull: true, description: "Number." },
    },
  },
  async create({ plan, session }) {
    journal(session, `hook ${plan.shelf}`);
    return { state: { ...plan, serial: `hook-of-${plan.shelf}` } };
  },
  read: async ({ state }) => ({ state }),
  async delete({ state, session }) {
    journal(session, `unhook ${state.shelf}`);
  },
});

const catalog = dataSource({
  name: "shop_catalog",
  schema: {
    description: "All shelves.",
    attributes: {
      prefix: { type: "string", optional: true, description: "Only ids that start so." },
      ids: { type: { list: "string" }, computed: true, nonNull: true, description: "Ids." },
    },
  },
  async read({ config, session }) {
    const files = readdirSync(session.directory).filter((name) => name.endsWith(".shelf"));
    const ids = files.map((name) => decodeURIComponent(name.replace(/\.shelf$/, ""))).sort();
    return { state: { ...config, ids: ids.filter((id) => id.startsWith(config.prefix ?? "")) } };
  },
});

const key = ephemeralResource({
  name: "shop_key",
  schema: {
    description: "A key for a while.",
    attributes: {
      owner: { type: "string", required: true, description: "Whose." },
      key: { type: "string", computed: true, sensitive: true, description: "The key." },
    },
  },
  async open({ config, session }) {
    journal(session, `open ${config.owner}`);
    const renewAt = new Date(Date.now() + 400);
    return { result: { ...config, key: `key-of-${config.owner}` }, private: Buffer.from(config.owner), renewAt };
  },
  async renew({ session, private: bytes }) {
    journal(session, `renew ${bytes.toString()}`);
    return { renewAt: new Date(Date.now() + 400) };
  },
  async close({ session, private: bytes }) {
    journal(session, `close ${bytes.toString()}`);
  },
});

const repeat = providerFunction({
  name: "repeat",
  summary: "Repeats a text.",
  description: "Repeats a text.",
  parameters: [
    { name: "text", type: "string", description: "What." },
    { name: "times", type: "integer", description: "How often." },
  ],
  returns: "string",
  call: ([text, times]) => (times < 0 ? new FunctionError("must not be negative", 1) : text.repeat(times)),
});

export const shop = provider({
  name: "shop",
  version: "1.0.0",
  schema: defineSchema({
    description: "A shop.",
    attributes: { directory: { type: "string", required: true, description: "Where its files are." } },
  }),
  async configure({ config }) {
    if (!isKnown(config.directory)) return { diagnostics: [errorDiagnostic("Unknown directory", "Needed.")] };
    mkdirSync(config.directory, { recursive: true });
    return { session: { directory: config.directory } };
  },
  resources: [shelf, hook],
  dataSources: [catalog],
  ephemeralResources: [key],
  functions: [repeat],
});
