import type { FormFields } from "../sdk/form";
import type { JsonObject } from "../sdk/json";
import { parseGoBoolean } from "./headers";

/** What a request wants, whichever way it is spelled. `write` covers create and update: only the path knows which. */
export type RequestOperation = "read" | "list" | "scan" | "write" | "delete" | "patch" | "help" | "head" | "options";

export interface VerbRefusal {
  readonly refused: true;
  readonly status: 400 | 405;
  /** "" where the API answers an empty list of errors. */
  readonly message: string;
}

export interface RequestVerb {
  readonly refused: false;
  readonly operation: RequestOperation;
  /** Query parameters that are fields of the request; `help`, and `list` and `scan` where they chose the operation, are taken out. */
  readonly fields: FormFields;
}

const METHODS = new Map<string, RequestOperation>([
  ["GET", "read"],
  ["LIST", "list"],
  ["SCAN", "scan"],
  ["POST", "write"],
  ["PUT", "write"],
  ["DELETE", "delete"],
  ["PATCH", "patch"],
  ["HEAD", "head"],
  ["OPTIONS", "options"],
  ["HELP", "help"],
]);

/** Operations whose query parameters are fields; the others take theirs from the body. */
const QUERY_OPERATIONS: ReadonlySet<RequestOperation> = new Set(["read", "list", "scan", "delete", "head"]);
const NO_FIELDS: FormFields = new Map();

/** From the method and the decoded query. `GET ?list=true` is LIST, by the rules of Go's ParseBool. */
export function verbOf(method: string, query: FormFields): RequestVerb | VerbRefusal {
  const operation = METHODS.get(method);
  if (operation === undefined) return { refused: true, status: 405, message: "" };
  if (query.size === 0) return { refused: false, operation, fields: query };
  if ((query.get("help")?.[0] ?? "") !== "") return { refused: false, operation: "help", fields: NO_FIELDS };
  if (operation === "read") return readOrList(query);
  return { refused: false, operation, fields: QUERY_OPERATIONS.has(operation) ? without(query, ["help"]) : NO_FIELDS };
}

function readOrList(query: FormFields): RequestVerb | VerbRefusal {
  const list = flag(query, "list");
  const scan = flag(query, "scan");
  if (list === undefined) return bad("list is not a boolean");
  if (scan === undefined) return bad("scan is not a boolean");
  if (list && scan) return bad("list and scan cannot be given together");
  const operation = list ? "list" : scan ? "scan" : "read";
  return { refused: false, operation, fields: without(query, ["help", "list", "scan"]) };
}

/** Undefined for anything but one boolean: two values could be read either way. */
function flag(query: FormFields, name: string): boolean | undefined {
  const values = query.get(name);
  if (values === undefined) return false;
  const [text = "", ...more] = values;
  if (more.length > 0) return undefined;
  return text === "" ? false : parseGoBoolean(text);
}

function bad(message: string): VerbRefusal {
  return { refused: true, status: 400, message };
}

function without(query: FormFields, names: readonly string[]): FormFields {
  if (!names.some((name) => query.has(name))) return query;
  return new Map([...query].filter(([name]) => !names.includes(name)));
}

/** Form fields as a JSON object: one value is a string, several are an array of strings. */
export function fieldsToObject(fields: FormFields): JsonObject {
  const object: JsonObject = new Map();
  for (const [name, values] of fields) object.set(name, values.length === 1 ? (values[0] ?? "") : [...values]);
  return object;
}
