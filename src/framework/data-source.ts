import type { Diagnostic } from "./diagnostics";
import type { KnownConfigModel, NewState } from "./model";
import type { OperationContext } from "./operation";
import type { Failure, ValidateContext } from "./resource";
import type { Schema } from "./schema";

export interface ReadDataContext<S extends Schema, Session> extends OperationContext<Session> {
  readonly config: KnownConfigModel<S>;
}

export interface DataFound<S extends Schema> {
  /** Values given by the configuration come back unchanged: start from `...config`. */
  readonly state: NewState<S>;
  readonly diagnostics?: readonly Diagnostic[];
}

/** Something that exists already and is only read. Its schema has no write-only attributes. */
export interface DataSource<S extends Schema, Session> {
  /** The whole type name, starting with the provider's. */
  readonly name: string;
  readonly schema: S;
  /** Limit of one read; 20 minutes if absent. */
  readonly readSeconds?: number;
  read(context: ReadDataContext<S, Session>): Promise<DataFound<S> | Failure>;
  validate?(context: ValidateContext<S>): readonly Diagnostic[];
}

export type AnyDataSource<Session> = DataSource<Schema, Session>;
