import { GRPC_STATUS, GrpcError } from "../../plugin/grpc-status";
import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import { decodeDynamicValue, encodeDynamicValue } from "../../protocol/dynamic-value";
import { isUnknown } from "../../protocol/unknown";
import type { Value } from "../../protocol/value";
import type { Call } from "../call";
import { type AnyFunction, FunctionError, type Parameter } from "../function";
import { fromModel, toModel } from "../model-value";
import { ctyTypeOf } from "../schema-type";

/** Runs on a provider that is not configured. */
export async function callFunction(
  call: Call,
  request: Incoming<"CallFunctionRequest">,
): Promise<Outgoing<"CallFunctionResponse">> {
  const declared = call.connection.provider.functions.find(({ name }) => name === request.name);
  if (declared === undefined) {
    throw new GrpcError(GRPC_STATUS.invalidArgument, `this provider has no function ${request.name}`);
  }
  try {
    return answer(declared, request.arguments);
  } catch (error) {
    return { error: { text: error instanceof Error ? error.message : "unknown failure" } };
  }
}

function answer(
  declared: AnyFunction,
  messages: Incoming<"CallFunctionRequest">["arguments"],
): Outgoing<"CallFunctionResponse"> {
  const fixed = declared.parameters.length;
  const values = messages.map((message, index) => {
    const parameter = declared.parameters[index] ?? declared.variadicParameter;
    if (parameter === undefined) throw new RangeError("too many arguments");
    return { parameter, value: decodeDynamicValue(ctyTypeOf(parameter.type), message) };
  });
  const unfit = values.findIndex(({ parameter, value }) => !fits(parameter, value));
  if (unfit >= 0) return { error: { text: "must be a whole number", functionArgument: unfit } };
  const natives = values.map(({ value }) => value);
  const result = declared.call(toModel(natives.slice(0, fixed)), toModel(natives.slice(fixed)));
  if (result instanceof FunctionError) {
    return {
      error: { text: result.text, ...(result.argument !== undefined && { functionArgument: result.argument }) },
    };
  }
  return { result: encodeDynamicValue(ctyTypeOf(declared.returns), fromModel(result)) };
}

/** Terraform knows only numbers; nulls and unknown values come only where the parameter allows them. */
function fits({ type }: Parameter, value: Value): boolean {
  return type !== "integer" || value === null || isUnknown(value) || Number.isSafeInteger(value);
}
