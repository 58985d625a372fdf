import type { Unknown } from "../protocol/unknown";
import type { AttributeType, ScalarTypes, Schema } from "./schema";

/**
 * When a model is looked at, which decides what can be null and what unknown:
 *
 * | phase         | unknown                 | null                                       | write-only |
 * |---------------|-------------------------|--------------------------------------------|------------|
 * | `config`      | whatever is configured  | what is not required                       | present    |
 * | `knownConfig` | nothing                 | what is not required                       | present    |
 * | `plan`        | anything                | what is not required, defaulted or nonNull | null       |
 * | `applying`    | computed and not given  | same                                       | null       |
 * | `state`       | nothing                 | same                                       | null       |
 */
export type Phase = "config" | "knownConfig" | "plan" | "applying" | "state";

type ConfigPhase = "config" | "knownConfig";

type InnerUnknown<P extends Phase> = P extends "config" | "plan" ? Unknown : never;

/** The native type of a plain attribute type; `U` is Unknown where elements may be unknown, else never. */
export type Native<T, U> = T extends keyof ScalarTypes
  ? ScalarTypes[T]
  : T extends { readonly list: infer E extends AttributeType }
    ? readonly (Native<E, U> | U)[]
    : T extends { readonly set: infer E extends AttributeType }
      ? readonly (Native<E, U> | U)[]
      : T extends { readonly map: infer E extends AttributeType }
        ? ReadonlyMap<string, Native<E, U> | U>
        : T extends { readonly object: infer F }
          ? { readonly [K in keyof F]: Native<F[K], U> | U | null }
          : never;

type NestedValue<N, M, U> = N extends "single"
  ? M
  : N extends "list" | "set"
    ? readonly (M | U)[]
    : N extends "map"
      ? ReadonlyMap<string, M | U>
      : never;

type KnownValue<A, P extends Phase> = A extends { readonly nested: infer N; readonly attributes: infer F }
  ? NestedValue<N, ModelOf<F, P>, InnerUnknown<P>>
  : A extends { readonly type: infer T }
    ? Native<T, InnerUnknown<P>>
    : never;

type ComputedOnly<A> = A extends { readonly required: true } | { readonly optional: true } ? false : true;

type NullInConfig<A> = A extends { readonly required: true } ? never : null;

type NullInState<A> = A extends { readonly required: true } | { readonly nonNull: true }
  ? never
  : HasDefault<A> extends true
    ? never
    : null;

type HasDefault<A> = A extends { readonly default: infer D } ? ([D] extends [undefined] ? false : true) : false;

type UnknownIn<A, P extends Phase> = P extends "plan"
  ? Unknown
  : P extends "applying"
    ? A extends { readonly computed: true }
      ? HasDefault<A> extends true
        ? never
        : Unknown
      : never
    : never;

type ConfigValue<A, P extends ConfigPhase> =
  ComputedOnly<A> extends true ? null : KnownValue<A, P> | NullInConfig<A> | InnerUnknown<P>;

type StoredValue<A, P extends Phase> = A extends { readonly writeOnly: true }
  ? null
  : KnownValue<A, P> | NullInState<A> | UnknownIn<A, P>;

type AttributeValue<A, P extends Phase> = P extends ConfigPhase ? ConfigValue<A, P> : StoredValue<A, P>;

type ModelOf<F, P extends Phase> = { readonly [K in keyof F]: AttributeValue<F[K], P> };

/** The type of all attributes of schema `S` in phase `P`. */
export type Model<S extends Schema, P extends Phase> = ModelOf<S["attributes"], P>;

/** The configuration while validating and planning: anything given may be unknown, what is not given is null. */
export type ConfigModel<S extends Schema> = Model<S, "config">;

/** The configuration during apply: wholly known, with the write-only values. */
export type KnownConfigModel<S extends Schema> = Model<S, "knownConfig">;

/** The planned state while planning. */
export type PlanModel<S extends Schema> = Model<S, "plan">;

/** The planned state during apply: unknown is only what the provider computes. */
export type ApplyingModel<S extends Schema> = Model<S, "applying">;

/** What the state holds: wholly known, write-only null. */
export type StateModel<S extends Schema> = Model<S, "state">;

type WriteOnlyKeys<F> = { [K in keyof F]: F[K] extends { readonly writeOnly: true } ? K : never }[keyof F];

type Certain<A> = A extends { readonly writeOnly: true }
  ? false
  : A extends { readonly required: true } | { readonly nonNull: true }
    ? true
    : false;

type CertainKeys<F> = { [K in keyof F]: Certain<F[K]> extends true ? K : never }[keyof F];

/** A whole new state. Top-level write-only attributes may be left out; the framework stores null for them in any case. */
export type NewState<S extends Schema> = Omit<StateModel<S>, WriteOnlyKeys<S["attributes"]>> & {
  readonly [K in WriteOnlyKeys<S["attributes"]>]?: null;
};

/**
 * Part of a new state, kept after a failure. What is left out comes from the plan of a creation where that is known
 * (else null), and from the prior state of an update. Give nonNull attributes early: delete gets them of a tainted resource.
 */
export type PartialState<S extends Schema> = Partial<NewState<S>>;

/**
 * The first state of an imported resource: what is required or nonNull must be given, the rest is null (or its
 * default) until `read` fills it.
 */
export type ImportedState<S extends Schema> = Pick<StateModel<S>, CertainKeys<S["attributes"]>> &
  Partial<Omit<StateModel<S>, CertainKeys<S["attributes"]>>>;
