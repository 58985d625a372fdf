import type { Incoming } from "../plugin/tfplugin6";
import { valueFromJson } from "../protocol/json-codec";
import { type JsonValue, parseLosslessJson } from "../protocol/lossless-json";
import type { Value } from "../protocol/value";
import { completeState } from "./complete-state";
import { type Diagnostic, errorDiagnostic } from "./diagnostics";
import { fillAbsent } from "./fill-absent";
import type { Failure, Reshaped } from "./resource";
import type { Schema } from "./schema";
import { schemaType } from "./schema-type";

/** The attributes of a state file. Throws SyntaxError for anything else, such as a state of Terraform 0.11. */
export function parseRawState(raw: Incoming<"RawState"> | undefined): ReadonlyMap<string, JsonValue> {
  if (raw === undefined || raw.json.length === 0) throw new SyntaxError("the state is not JSON");
  const parsed = parseLosslessJson(raw.json.toString());
  if (!(parsed instanceof Map)) throw new SyntaxError("the state is not a JSON object");
  return parsed;
}

export interface Read {
  readonly state: Value;
  readonly diagnostics: readonly Diagnostic[];
}

/** A state of the schema from JSON: what is absent becomes null or its default, write-only attributes null. */
export function stateFromJson(schema: Schema, json: ReadonlyMap<string, JsonValue>): Read {
  const value = valueFromJson(schemaType(schema), json);
  return completeState(schema.attributes, fillAbsent(schema.attributes, value));
}

/** Runs a pure reshape; what it throws becomes an error. */
export function reshape(schema: Schema, action: () => Reshaped | Failure): Read {
  try {
    const reshaped = action();
    if (reshaped.state === undefined) return { state: null, diagnostics: reshaped.diagnostics };
    const { state, diagnostics } = stateFromJson(schema, reshaped.state);
    return { state, diagnostics: [...(reshaped.diagnostics ?? []), ...diagnostics] };
  } catch (error) {
    const detail = error instanceof Error ? `${error.message}.` : "An unknown failure.";
    return { state: null, diagnostics: [errorDiagnostic("State cannot be read", detail)] };
  }
}
