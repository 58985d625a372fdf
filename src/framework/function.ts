import type { Unknown } from "../protocol/unknown";
import type { Native } from "./model";
import type { AttributeType } from "./schema";

export interface Parameter {
  readonly name: string;
  readonly type: AttributeType;
  readonly description: string;
  /** Without it Terraform refuses null. */
  readonly allowNull?: boolean;
  /** Without it an unknown argument makes the result unknown, and the function is not called. */
  readonly allowUnknown?: boolean;
}

type ArgumentOf<P extends Parameter> =
  | Native<P["type"], P extends { readonly allowUnknown: true } ? Unknown : never>
  | (P extends { readonly allowNull: true } ? null : never)
  | (P extends { readonly allowUnknown: true } ? Unknown : never);

export type Arguments<P extends readonly Parameter[]> = { readonly [K in keyof P]: ArgumentOf<P[K]> };

/** An answer that refuses the call; shown beside the argument if `argument` (counted from 0) is given. */
export class FunctionError {
  constructor(
    readonly text: string,
    readonly argument?: number,
  ) {}
}

/**
 * A pure function: it runs on a provider that is not configured, also during validation, and must depend on nothing
 * but its arguments (no environment, clock or network).
 */
export interface ProviderFunction<
  P extends readonly Parameter[] = readonly Parameter[],
  R extends AttributeType = AttributeType,
  V extends Parameter = Parameter,
> {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Markdown. */
  readonly description: string;
  readonly deprecated?: string;
  readonly parameters: P;
  /** Takes any number of further arguments. */
  readonly variadicParameter?: V;
  readonly returns: R;
  call(args: Arguments<P>, variadic: readonly ArgumentOf<V>[]): Native<R, never> | FunctionError;
}

export type AnyFunction = ProviderFunction;
