import { labelledBlocks, type OptionRow, optionTable } from "./options";

type Schema = { [keyword: string]: unknown };

const DURATION = {
  anyOf: [
    { type: "integer", minimum: 0 },
    { type: "string", pattern: "^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d))+$|^[0-9]+$" },
  ],
};
const TYPES: Readonly<Record<Exclude<OptionRow["type"], "list">, Schema>> = {
  string: { type: "string" },
  boolean: { anyOf: [{ type: "boolean" }, { enum: [0, 1, "0", "1", "true", "false"] }] },
  integer: { type: "integer" },
  duration: DURATION,
  size: {
    anyOf: [
      { type: "integer", minimum: 1 },
      { type: "string", pattern: "^[1-9][0-9]*$" },
    ],
  },
};

function optionSchema(row: OptionRow): Schema {
  if (row.type === "list") return { type: "array", items: { enum: row.allowed ?? [] } };
  return row.allowed === undefined ? { ...TYPES[row.type] } : { enum: row.allowed };
}

function objectOf(rows: readonly OptionRow[], prefix: string): Schema {
  const properties = rows
    .filter((row) => row.path.startsWith(prefix))
    .map((row) => {
      const [name = "", inner] = row.path.slice(prefix.length).split(".");
      return [name, inner === undefined ? optionSchema(row) : objectOf(rows, `${prefix}${name}.`)];
    });
  return { type: "object", properties: Object.fromEntries(properties), additionalProperties: false };
}

/** JSON Schema of a settled configuration: labelled blocks as `{listener: [{tcp: {...}}], storage: {lmdb: {...}}}`. */
export function configurationSchema(): Schema {
  const blocks = Object.entries(labelledBlocks).map(([block, labels]) => {
    const properties = Object.fromEntries(labels.map((label) => [label, objectOf(optionTable, `${block}.${label}.`)]));
    const one = { type: "object", properties, additionalProperties: false, minProperties: 1, maxProperties: 1 };
    return [block, block === "listener" ? { type: "array", minItems: 1, maxItems: 8, items: one } : one];
  });
  const general = optionTable.filter((row) => !row.path.includes("."));
  return {
    type: "object",
    properties: {
      ...Object.fromEntries(general.map((row) => [row.path, optionSchema(row)])),
      ...Object.fromEntries(blocks),
      replication: objectOf(optionTable, "replication."),
      telemetry: objectOf(optionTable, "telemetry."),
    },
    additionalProperties: false,
    required: ["listener", "storage"],
  };
}
