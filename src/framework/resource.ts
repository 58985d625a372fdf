/**
 * The contract of a managed resource. A resource costs one file and one line in the provider's list:
 *
 * ```ts
 * const schema = defineSchema({
 *   description: "A shelf.",
 *   attributes: {
 *     name: { type: "string", required: true, description: "Its name.", planModifiers: [requiresReplace] },
 *     width: { type: "integer", optional: true, default: 80, description: "Width in centimetres." },
 *     boards: {
 *       nested: "list", optional: true, description: "From top to bottom.",
 *       attributes: { load: { type: "integer", required: true, description: "Kilograms." } },
 *     },
 *     lock_code_wo: { type: "string", optional: true, sensitive: true, writeOnly: true, description: "The code." },
 *     lock_code_wo_version: { type: "integer", optional: true, description: "Raise it to set the code again." },
 *     id: { type: "string", computed: true, nonNull: true, description: "The id.", planModifiers: [useStateForUnknown] },
 *   },
 * });
 *
 * // Once per provider: const { resource, dataSource, ephemeralResource } = providerKit<ShopSession>();
 * export const shelf = resource({
 *   name: "shop_shelf",
 *   schema,
 *   async create({ plan, config, session, checkpoint }) {
 *     const id = await session.client.createShelf(plan.name, plan.width);
 *     checkpoint({ id });                       // kept (tainted) if a later step fails
 *     if (config.lock_code_wo !== null) await session.client.lock(id, config.lock_code_wo);
 *     return { state: { ...plan, id } };        // does not compile while something may still be unknown
 *   },
 *   async read({ state, session }) {
 *     const found = await session.client.findShelf(state.id);
 *     return found ? { state: { ...state, width: found.width } } : { state: null };   // null: gone, plan re-creates it
 *   },
 *   async update({ plan, state, session }) {
 *     await session.client.resize(state.id, plan.width);
 *     return { state: { ...plan, id: state.id } };
 *   },
 *   async delete({ state, session }) {
 *     await session.client.removeShelf(state.id);        // already gone counts as deleted
 *   },
 *   async importState({ id, session }) {
 *     const found = await session.client.findShelf(id);
 *     return found ? { state: { id, name: found.name } } : { diagnostics: [errorDiagnostic("No such shelf", "...")] };
 *   },
 * });
 * ```
 *
 * Rules worth knowing
 * - Values are native: objects are plain records, maps are `Map`, lists and sets arrays, unknown is an `Unknown`
 *   (ask `isUnknown`), null is null. Return the planned values, not the server's normal form of them.
 * - What the configuration left out and is not `computed` stays null. What is `computed` and not given is planned
 *   unknown whenever anything else changes, unless `useStateForUnknown` keeps it.
 * - Write-only values are only in `config`, during create, update, validate and modifyPlan.
 * - Throwing is allowed: the provider's `describeError` makes a diagnostic of it. State given to `checkpoint` is kept.
 * - Private bytes travel unchanged through every operation that does not return new ones.
 */

import type { AttributePath } from "./attribute-path";
import type { Diagnostic } from "./diagnostics";
import type {
  ApplyingModel,
  ConfigModel,
  ImportedState,
  KnownConfigModel,
  NewState,
  PartialState,
  PlanModel,
  StateModel,
} from "./model";
import type { OperationContext, PrivateBytes } from "./operation";
import type { Schema } from "./schema";

export interface CreateContext<S extends Schema, Session> extends OperationContext<Session> {
  readonly config: KnownConfigModel<S>;
  readonly plan: ApplyingModel<S>;
  /** What modifyPlan returned as `private`, else empty. */
  readonly private: PrivateBytes;
  /**
   * Records what exists by now. If the operation fails later, this state is saved with the errors; a created resource
   * is then marked tainted. Each call replaces the attributes it names and keeps the earlier ones.
   */
  checkpoint(partial: PartialState<S>, privateBytes?: PrivateBytes): void;
}

export interface UpdateContext<S extends Schema, Session> extends CreateContext<S, Session> {
  readonly state: StateModel<S>;
}

export interface ReadContext<S extends Schema, Session> extends OperationContext<Session> {
  readonly state: StateModel<S>;
  readonly private: PrivateBytes;
}

export interface DeleteContext<S extends Schema, Session> extends OperationContext<Session> {
  readonly state: StateModel<S>;
  readonly private: PrivateBytes;
}

/** Done: the state is whole, and the diagnostics are warnings. */
export interface Applied<S extends Schema> {
  readonly state: NewState<S>;
  readonly private?: PrivateBytes;
  readonly diagnostics?: readonly Diagnostic[];
}

/** Failed as data: at least one error, and what exists nevertheless. Without `partialState` the last checkpoint counts. */
export interface ApplyFailure<S extends Schema> {
  readonly state?: never;
  readonly partialState?: PartialState<S>;
  readonly private?: PrivateBytes;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Found<S extends Schema> {
  /** Null: it is gone. Terraform then plans to create it again. */
  readonly state: NewState<S> | null;
  readonly private?: PrivateBytes;
  readonly diagnostics?: readonly Diagnostic[];
}

/** The state is left as it was. */
export interface Failure {
  readonly state?: never;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ValidateContext<S extends Schema> {
  /** May hold unknown values anywhere: never an error because of one. */
  readonly config: ConfigModel<S>;
}

/**
 * The change that is planned. On a replacement Terraform plans twice: first `update` (answered with paths to replace),
 * then `create`. A `delete` plan has nothing to change; it can only warn or refuse.
 */
export type PlannedChange<S extends Schema> =
  | { readonly action: "create"; readonly config: ConfigModel<S>; readonly plan: PlanModel<S>; readonly state: null }
  | {
      readonly action: "update";
      readonly config: ConfigModel<S>;
      readonly plan: PlanModel<S>;
      readonly state: StateModel<S>;
    }
  | { readonly action: "delete"; readonly config: null; readonly plan: null; readonly state: StateModel<S> };

export type ModifyPlanContext<S extends Schema, Session> = OperationContext<Session> &
  PlannedChange<S> & {
    /** What the last operation on the resource left, or, in a create, empty. */
    readonly private: PrivateBytes;
  };

export interface PlanChanges<S extends Schema> {
  /** New planned values, for computed attributes that the configuration does not give. */
  readonly set?: Partial<PlanModel<S>>;
  /** Changes of these attributes replace the resource. Only paths whose value changes count. */
  readonly requiresReplace?: readonly AttributePath[];
  /** Handed to create or update as `private`. Absent: the prior bytes travel on. */
  readonly private?: PrivateBytes;
  readonly diagnostics?: readonly Diagnostic[];
}

export interface ImportContext<Session> extends OperationContext<Session> {
  /** What the person typed. Not trusted: check its shape. */
  readonly id: string;
}

export interface Imported<S extends Schema> {
  readonly state: ImportedState<S>;
  readonly private?: PrivateBytes;
  readonly diagnostics?: readonly Diagnostic[];
}

/** A JSON value of an old state. Numbers that a JavaScript number cannot hold are ExactNumber; objects are Map. */
export type { JsonValue } from "../protocol/lossless-json";

import type { JsonValue } from "../protocol/lossless-json";

export interface UpgradeContext {
  /** Version of the schema that wrote the state, lower than the present one. */
  readonly version: number;
  /** The attributes as in the state file. */
  readonly state: ReadonlyMap<string, JsonValue>;
}

export interface MoveContext {
  /** Such as `registry.terraform.io/hashicorp/random`. */
  readonly sourceProvider: string;
  readonly sourceType: string;
  readonly sourceVersion: number;
  readonly state: ReadonlyMap<string, JsonValue>;
  readonly private: PrivateBytes;
}

/** Attributes in JSON's shape; those left out become null, those not in the schema are an error. */
export interface Reshaped {
  readonly state: ReadonlyMap<string, JsonValue>;
  readonly diagnostics?: readonly Diagnostic[];
}

/** Default limits; a `timeouts` attribute in the schema (timeoutsAttribute) lets the configuration override them. */
export interface OperationTimeouts {
  readonly createSeconds?: number;
  readonly readSeconds?: number;
  readonly updateSeconds?: number;
  readonly deleteSeconds?: number;
}

export interface Resource<S extends Schema, Session> {
  /** The whole type name, starting with the provider's: `shop_shelf`. */
  readonly name: string;
  readonly schema: S;
  /** Absent limits are 20 minutes. */
  readonly timeouts?: OperationTimeouts;

  create(context: CreateContext<S, Session>): Promise<Applied<S> | ApplyFailure<S>>;
  read(context: ReadContext<S, Session>): Promise<Found<S> | Failure>;
  /** Absent: every change of a configured attribute replaces the resource. */
  update?(context: UpdateContext<S, Session>): Promise<Applied<S> | ApplyFailure<S>>;
  /** Idempotent: what is already gone counts as deleted. */
  delete(context: DeleteContext<S, Session>): Promise<Failure | undefined> | Promise<void>;

  /** Checks across attributes; runs without session. */
  validate?(context: ValidateContext<S>): readonly Diagnostic[];
  /**
   * Runs last in every plan, also in a no-op and a destroy; in a replacement a second time, as for the destroy that it holds, of
   * which only the diagnostics count. Deterministic: it runs again during apply, and what it
   * planned as known must come out the same, so it may depend on configuration, state and private bytes only.
   * Diagnostics may depend on anything.
   */
  modifyPlan?(context: ModifyPlanContext<S, Session>): Promise<PlanChanges<S> | undefined>;
  /** Absent: the resource cannot be imported. */
  importState?(context: ImportContext<Session>): Promise<Imported<S> | Failure>;
  /** Pure reshape from an older version, no network. Needed when the schema's version is above 0. */
  upgradeState?(context: UpgradeContext): Reshaped | Failure;
  /** Pure reshape from another type or provider, for `moved` blocks. */
  moveState?(context: MoveContext): Reshaped | Failure;
}

/** A resource of whatever schema. Its models are decoded by the very schema they are inferred from (see kit.ts). */
export type AnyResource<Session> = Resource<Schema, Session>;
