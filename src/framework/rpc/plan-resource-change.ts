import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import { encodeDynamicValue } from "../../protocol/dynamic-value";
import { isObjectValue } from "../../protocol/msgpack-codec";
import { type ObjectValue, objectValue, type Value } from "../../protocol/value";
import { valuesEqual } from "../../protocol/value-equality";
import type { AttributePath } from "../attribute-path";
import { type Call, type Limit, type Outcome, SECONDS_DEFAULT } from "../call";
import { diagnosticMessages, pathMessage } from "../diagnostic-message";
import { type Diagnostic, errorDiagnostic } from "../diagnostics";
import { findResource } from "../find";
import { fromModel, toModel } from "../model-value";
import { attributeOf } from "../nested-objects";
import { type AttributePlan, distinctPaths, planAttributes, replaceOnAnyChange } from "../plan/plan-attributes";
import type { AnyResource, ModifyPlanContext, PlanChanges } from "../resource";
import type { Schema } from "../schema";
import { schemaType } from "../schema-type";
import { isWhollyKnown } from "../validate-config";

interface PlanInput {
  readonly config: Value;
  readonly prior: Value;
  readonly proposed: Value;
  readonly private: Buffer;
}

interface Planned {
  readonly planned: Value;
  readonly requiresReplace: readonly AttributePath[];
  readonly private: Buffer;
  readonly diagnostics: readonly Diagnostic[];
}

export async function planResourceChange(
  call: Call,
  request: Incoming<"PlanResourceChangeRequest">,
): Promise<Outgoing<"PlanResourceChangeResponse">> {
  const resource = findResource(call, request.typeName);
  const input: PlanInput = {
    config: call.decode(resource.schema, request.config),
    prior: call.decode(resource.schema, request.priorState),
    proposed: call.decode(resource.schema, request.proposedNewState),
    private: request.priorPrivate,
  };
  const planned = await plan(call, resource, input);
  return {
    plannedState: encodeDynamicValue(schemaType(resource.schema), planned.planned),
    requiresReplace: distinctPaths(planned.requiresReplace).map(pathMessage),
    plannedPrivate: planned.private,
    diagnostics: diagnosticMessages(planned.diagnostics, call.clean),
  };
}

async function plan(call: Call, resource: AnyResource<unknown>, input: PlanInput): Promise<Planned> {
  const { attributes } = resource.schema;
  const base: AttributePlan | { readonly planned: null; readonly requiresReplace: readonly AttributePath[] } =
    input.proposed === null
      ? { planned: null, requiresReplace: [] }
      : planAttributes(attributes, { config: input.config, prior: input.prior, planned: input.proposed });
  const { value, error } = await modify(call, resource, input, base.planned);
  if (error !== undefined) return { ...base, private: input.private, diagnostics: [error] };
  const { planned, problems } = applyChanges(resource, input, base.planned, value);
  const replacing = resource.update === undefined && input.prior !== null && planned !== null;
  const requiresReplace = [
    ...base.requiresReplace,
    ...(value?.requiresReplace ?? []),
    ...(replacing ? replaceOnAnyChange(attributes, input.prior, planned) : []),
  ];
  const refusals = isReplaced(input.prior, planned, requiresReplace)
    ? await destroyRefusals(call, resource, input)
    : [];
  return {
    planned,
    requiresReplace,
    private: value?.private ?? input.private,
    diagnostics: [...(value?.diagnostics ?? []), ...problems, ...refusals],
  };
}

/** Whether it is certain by now. A value that is decided later may turn out to be the present one. */
function isReplaced(prior: Value, planned: ObjectValue | null, paths: readonly AttributePath[]): boolean {
  if (prior === null || planned === null) return false;
  return paths.some(([step]) => {
    if (step === undefined || !("attribute" in step)) return false;
    const value = attributeOf(planned, step.attribute);
    return isWhollyKnown(value) && !valuesEqual(value, attributeOf(prior, step.attribute));
  });
}

/** Terraform asks nothing about the destroy that is part of a replacement: what would refuse it is said in the plan. */
async function destroyRefusals(
  call: Call,
  resource: AnyResource<unknown>,
  input: PlanInput,
): Promise<readonly Diagnostic[]> {
  const { value, error } = await modify(call, resource, { ...input, config: null }, null);
  return error === undefined ? (value?.diagnostics ?? []) : [error];
}

async function modify(
  call: Call,
  resource: AnyResource<unknown>,
  input: PlanInput,
  planned: ObjectValue | null,
): Promise<Outcome<PlanChanges<Schema> | undefined>> {
  const { modifyPlan } = resource;
  if (modifyPlan === undefined) return { value: undefined };
  const action = planned === null ? "delete" : input.prior === null ? "create" : "update";
  const limit: Limit = { operation: `planning ${resource.name}`, seconds: SECONDS_DEFAULT };
  return call.operate(limit, (context) => {
    const change = { action, config: input.config, plan: planned, state: input.prior, private: input.private };
    return modifyPlan.call(resource, toModel<ModifyPlanContext<Schema, unknown>>({ ...context, ...change }));
  });
}

function applyChanges(
  resource: AnyResource<unknown>,
  { config }: PlanInput,
  planned: ObjectValue | null,
  changes: PlanChanges<Schema> | undefined,
): { readonly planned: ObjectValue | null; readonly problems: readonly Diagnostic[] } {
  const set = fromModel(changes?.set ?? {});
  if (planned === null || !isObjectValue(set)) return { planned, problems: [] };
  const refused = Object.keys(set).filter((name) => {
    const attribute = resource.schema.attributes[name];
    return attribute?.computed !== true || attributeOf(config, name) !== null;
  });
  const problems = refused.map((name) =>
    errorDiagnostic(
      "Provider planned an impossible value",
      `modifyPlan of ${resource.name} set ${name}, which is not computed or is given by the configuration. This is a bug in the provider.`,
      [{ attribute: name }],
    ),
  );
  const entries = Object.entries(set).filter(([name, value]) => !refused.includes(name) && value !== undefined);
  return { planned: objectValue([...Object.entries(planned), ...entries]), problems };
}
