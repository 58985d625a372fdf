import type { ExactNumber } from "../protocol/exact-number";
import type { Dynamic, Value } from "../protocol/value";
import { duration } from "./duration";
import type { PlanModifier } from "./plan-modifier";
import type { Validator } from "./validator";

/**
 * The native type of each scalar. `integer` is a Terraform number that the framework checks to be a safe integer;
 * `number` is any Terraform number, so it may be one that a JavaScript number cannot hold.
 */
export interface ScalarTypes {
  readonly string: string;
  readonly bool: boolean;
  readonly integer: number;
  readonly number: number | ExactNumber;
  readonly dynamic: Dynamic;
}

/** The type of an attribute that has no attributes of its own. Collections hold no null elements: the framework refuses them. */
export type AttributeType =
  | keyof ScalarTypes
  | { readonly list: AttributeType }
  | { readonly set: AttributeType }
  | { readonly map: AttributeType }
  | { readonly object: { readonly [name: string]: AttributeType } };

/** Who gives the value. `optional` with `computed`: the configuration may, else the provider does. */
export type Presence =
  | { readonly required: true; readonly optional?: false; readonly computed?: false; readonly default?: never }
  | { readonly required?: false; readonly optional: true; readonly computed?: boolean }
  | { readonly required?: false; readonly optional?: false; readonly computed: true; readonly default?: never };

interface AttributeCommon {
  /** Markdown; ends up in `terraform providers schema` and in the reference page. */
  readonly description: string;
  /** Terraform hides the value in its output. It is still in the state: see `writeOnly`. */
  readonly sensitive?: boolean;
  /** What to use instead. */
  readonly deprecated?: string;
  /**
   * Given by the configuration, handed to `create` and `update` in `config`, and kept in neither plan nor state.
   * Not together with `computed`, `default` or inside a set. Pair `x_wo` with a stored `x_wo_version`: a changed
   * write-only value alone is no change.
   */
  readonly writeOnly?: boolean;
  /** For a computed attribute: never null after apply. Typed so, planned so, and required from `importState`. */
  readonly nonNull?: boolean;
  readonly planModifiers?: readonly PlanModifier[];
}

interface Typed<Type extends AttributeType, Native> {
  readonly type: Type;
  /** Used where the configuration is null. Needs `optional`; the attribute becomes computed on the wire. */
  readonly default?: Native;
  readonly validators?: readonly Validator<Native>[];
}

type Elements = readonly Value[];
type Entries = ReadonlyMap<string, Value>;

export type ValueType =
  | Typed<"string", string>
  | Typed<"bool", boolean>
  | Typed<"integer", number>
  | Typed<"number", number | ExactNumber>
  | Typed<"dynamic", Dynamic>
  | Typed<{ readonly list: AttributeType } | { readonly set: AttributeType }, Elements>
  | Typed<{ readonly map: AttributeType }, Entries>
  | Typed<{ readonly object: { readonly [name: string]: AttributeType } }, { readonly [name: string]: Value }>;

/** An attribute with a plain type. */
export type ValueAttribute = AttributeCommon & Presence & ValueType & { readonly nested?: never };

/** How many objects a nested attribute holds: one, a list, a set, or a map by string key. */
export type Nesting = "single" | "list" | "set" | "map";

/** An attribute made of objects that have attributes of their own. */
export type NestedAttribute = AttributeCommon &
  Presence & {
    readonly nested: Nesting;
    readonly attributes: Attributes;
    readonly type?: never;
    readonly default?: never;
    /** Over the elements of a list or set, or the entries of a map; not called for `single`. */
    readonly validators?: readonly Validator<Iterable<unknown>>[];
  };

export type Attribute = ValueAttribute | NestedAttribute;

/**
 * Attributes by name. Names are lower-case letters, digits and underscores, and none of Terraform's or the CDK's own
 * (`count`, `for_each`, `provider`, `lifecycle`, `depends_on`, `connection`, `provisioner`, `fqn`...): checked at start.
 */
export interface Attributes {
  readonly [name: string]: Attribute;
}

export interface Schema {
  /** Version of the state's shape, 0 if absent. Raise it only together with `upgradeState`. */
  readonly version?: number;
  /** Markdown: what it is, when to use it. */
  readonly description: string;
  readonly deprecated?: string;
  readonly attributes: Attributes;
}

/** Checks a schema literal and keeps its literal types, from which the model types are inferred (see model.ts). */
export function defineSchema<const S extends Schema>(schema: S): S {
  return schema;
}

/**
 * Put it into a schema as `timeouts`: lets a configuration change how long each operation may take,
 * `timeouts = { create = "30m" }`. The defaults are the resource's `timeouts`.
 */
export const timeoutsAttribute = {
  description: "How long each operation may take, as a duration such as `90s`, `30m` or `1h30m`.",
  optional: true,
  nested: "single",
  attributes: {
    create: { type: "string", optional: true, description: "Limit for creating.", validators: [duration] },
    read: { type: "string", optional: true, description: "Limit for reading.", validators: [duration] },
    update: { type: "string", optional: true, description: "Limit for updating.", validators: [duration] },
    delete: { type: "string", optional: true, description: "Limit for deleting.", validators: [duration] },
  },
} as const satisfies NestedAttribute;
