import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import { encodeDynamicValue } from "../../protocol/dynamic-value";
import { isObjectValue } from "../../protocol/msgpack-codec";
import { objectValue, type Value } from "../../protocol/value";
import type { Call, Outcome } from "../call";
import { completeState, knownParts, partialState } from "../complete-state";
import { diagnosticMessages } from "../diagnostic-message";
import { type Diagnostic, errorDiagnostic, hasErrors } from "../diagnostics";
import { findResource } from "../find";
import { limitOf } from "../limits";
import { fromModel, toModel } from "../model-value";
import { attributeOf } from "../nested-objects";
import type { AnyResource, Applied, ApplyFailure, CreateContext, UpdateContext } from "../resource";
import type { Schema } from "../schema";
import { schemaType } from "../schema-type";

interface ApplyInput {
  readonly config: Value;
  readonly prior: Value;
  readonly planned: Value;
  readonly private: Buffer;
}

interface AppliedChange {
  readonly state: Value;
  readonly private: Buffer;
  readonly diagnostics: readonly Diagnostic[];
}

type Result = Applied<Schema> | ApplyFailure<Schema>;

/** Whatever happens, the answer holds what exists: state that is not answered here is lost to Terraform. */
export async function applyResourceChange(
  call: Call,
  request: Incoming<"ApplyResourceChangeRequest">,
): Promise<Outgoing<"ApplyResourceChangeResponse">> {
  const resource = findResource(call, request.typeName);
  const input: ApplyInput = {
    config: call.decode(resource.schema, request.config),
    prior: call.decode(resource.schema, request.priorState),
    planned: call.decode(resource.schema, request.plannedState),
    private: request.plannedPrivate,
  };
  const change = await (input.planned === null ? remove(call, resource, input) : put(call, resource, input));
  return {
    newState: encodeDynamicValue(schemaType(resource.schema), change.state),
    private: change.private,
    diagnostics: diagnosticMessages(change.diagnostics, call.clean),
  };
}

async function remove(call: Call, resource: AnyResource<unknown>, input: ApplyInput): Promise<AppliedChange> {
  const { value, error } = await call.operate(limitOf(resource, "delete", input.prior), async (context) => {
    const failure = await resource.delete({ ...context, state: toModel(input.prior), private: input.private });
    return failure?.diagnostics ?? [];
  });
  const diagnostics = error === undefined ? value : [error];
  return { state: hasErrors(diagnostics) ? input.prior : null, private: input.private, diagnostics };
}

/** What `checkpoint` recorded, so that a failure after it loses nothing. */
class Recorded {
  partial: Value | undefined;
  private: Buffer | undefined;

  readonly checkpoint = (partial: unknown, privateBytes?: Buffer): void => {
    const before = this.partial !== undefined && isObjectValue(this.partial) ? Object.entries(this.partial) : [];
    const now = fromModel(partial);
    const given = isObjectValue(now) ? Object.entries(now).filter(([, value]) => value !== undefined) : [];
    this.partial = objectValue([...before, ...given]);
    this.private = privateBytes ?? this.private;
  };
}

async function put(call: Call, resource: AnyResource<unknown>, input: ApplyInput): Promise<AppliedChange> {
  const recorded = new Recorded();
  const { value, error } = await perform(call, resource, input, recorded);
  if (error !== undefined) return failure(resource, input, recorded, undefined, [error]);
  if (value.state === undefined) {
    if (value.private !== undefined) recorded.private = value.private;
    return failure(resource, input, recorded, value.partialState, reported(resource, value.diagnostics));
  }
  const { state, diagnostics } = completeState(resource.schema.attributes, fromModel(value.state));
  return {
    state,
    private: value.private ?? recorded.private ?? input.private,
    diagnostics: [...(value.diagnostics ?? []), ...diagnostics],
  };
}

/** A failure without an error would look like a success to Terraform. */
function reported(resource: AnyResource<unknown>, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (hasErrors(diagnostics)) return diagnostics;
  const detail = `${resource.name} returned neither a state nor an error. This is a bug in the provider.`;
  return [...diagnostics, errorDiagnostic("Operation failed without an error", detail)];
}

async function perform(
  call: Call,
  resource: AnyResource<unknown>,
  input: ApplyInput,
  recorded: Recorded,
): Promise<Outcome<Result>> {
  const values = {
    config: toModel<CreateContext<Schema, unknown>["config"]>(input.config),
    plan: toModel<CreateContext<Schema, unknown>["plan"]>(input.planned),
    private: input.private,
    checkpoint: recorded.checkpoint,
  };
  if (input.prior === null) {
    return call.operate(limitOf(resource, "create", input.planned), (context) =>
      resource.create({ ...context, ...values }),
    );
  }
  const { update } = resource;
  if (update === undefined) return { value: unchanged(input) };
  const state = toModel<UpdateContext<Schema, unknown>["state"]>(input.prior);
  return call.operate(limitOf(resource, "update", input.planned), (context) =>
    update.call(resource, { ...context, ...values, state }),
  );
}

/** Without `update` only what concerns the framework alone, the timeouts, can change in place. */
function unchanged({ planned, prior }: ApplyInput): Applied<Schema> {
  const kept =
    isObjectValue(planned) && isObjectValue(prior) ? { ...prior, timeouts: attributeOf(planned, "timeouts") } : prior;
  return { state: toModel(kept) };
}

function failure(
  resource: AnyResource<unknown>,
  input: ApplyInput,
  recorded: Recorded,
  partial: unknown,
  diagnostics: readonly Diagnostic[],
): AppliedChange {
  if (partial !== undefined) recorded.checkpoint(partial);
  const privateBytes = recorded.private ?? input.private;
  if (recorded.partial === undefined) return { state: input.prior, private: privateBytes, diagnostics };
  const base = input.prior === null ? knownParts(input.planned) : input.prior;
  return {
    state: partialState(resource.schema.attributes, base, recorded.partial),
    private: privateBytes,
    diagnostics,
  };
}
