import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import { encodeDynamicValue } from "../../protocol/dynamic-value";
import type { JsonValue } from "../../protocol/lossless-json";
import type { Call } from "../call";
import { diagnosticMessages } from "../diagnostic-message";
import { errorDiagnostic } from "../diagnostics";
import { findResource } from "../find";
import { parseRawState, reshape } from "../raw-state";
import type { AnyResource, Failure, Reshaped } from "../resource";
import { schemaType } from "../schema-type";

/** Called for every instance of every plan, also at an equal version. */
export async function upgradeResourceState(
  call: Call,
  { typeName, version, rawState }: Incoming<"UpgradeResourceStateRequest">,
): Promise<Outgoing<"UpgradeResourceStateResponse">> {
  const resource = findResource(call, typeName);
  const { state, diagnostics } = reshape(resource.schema, () => upgrade(resource, version, parseRawState(rawState)));
  return {
    upgradedState: encodeDynamicValue(schemaType(resource.schema), state),
    diagnostics: diagnosticMessages(diagnostics, call.clean),
  };
}

function upgrade(
  resource: AnyResource<unknown>,
  version: number,
  state: ReadonlyMap<string, JsonValue>,
): Reshaped | Failure {
  const current = resource.schema.version ?? 0;
  if (version === current) return { state: withoutForeign(resource, state) };
  if (version < current && resource.upgradeState !== undefined) return resource.upgradeState({ version, state });
  const detail = `${resource.name} has schema version ${current} and cannot read a state of version ${version}.`;
  return { diagnostics: [errorDiagnostic("State cannot be upgraded", detail)] };
}

/** Attributes that the schema has lost without a new version are dropped, as Terraform does it. */
function withoutForeign(
  { schema }: AnyResource<unknown>,
  state: ReadonlyMap<string, JsonValue>,
): ReadonlyMap<string, JsonValue> {
  return new Map([...state].filter(([name]) => Object.hasOwn(schema.attributes, name)));
}
