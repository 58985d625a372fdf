import type { Value } from "../protocol/value";

/**
 * Between the values of the codec and the models of the declarations. Both are the same objects at run time: a model's
 * type is computed from the schema by which the value was decoded, or by which it is about to be encoded and checked.
 */
export function toModel<M>(value: unknown): M {
  return value as M;
}

export function fromModel(model: unknown): Value {
  return model as Value;
}
