import type { Diagnostic } from "./diagnostics";
import type { KnownConfigModel, NewState } from "./model";
import type { OperationContext, PrivateBytes } from "./operation";
import type { Failure, ValidateContext } from "./resource";
import type { Schema } from "./schema";

export interface OpenContext<S extends Schema, Session> extends OperationContext<Session> {
  readonly config: KnownConfigModel<S>;
}

export interface Opened<S extends Schema> {
  /** Kept in memory by Terraform, never stored. Values given by the configuration come back unchanged. */
  readonly result: NewState<S>;
  /**
   * Everything that `close` needs: Terraform always closes with the bytes that `open` returned, whatever `renew` returned.
   */
  readonly private?: PrivateBytes;
  /** Terraform renews exactly then, with no margin: give the end of the lease minus a margin. Absent: no renewal. */
  readonly renewAt?: Date;
  readonly diagnostics?: readonly Diagnostic[];
}

export interface LeaseContext<Session> extends OperationContext<Session> {
  readonly private: PrivateBytes;
}

export interface Renewed {
  readonly private?: PrivateBytes;
  readonly renewAt?: Date;
  readonly diagnostics?: readonly Diagnostic[];
}

/**
 * A value that lives for one walk of Terraform and is stored nowhere. It opens once per walk, so at least twice in an
 * apply: opening must be cheap and reversible.
 */
export interface EphemeralResource<S extends Schema, Session> {
  /** The whole type name, starting with the provider's. */
  readonly name: string;
  readonly schema: S;
  open(context: OpenContext<S, Session>): Promise<Opened<S> | (Failure & { readonly result?: never })>;
  renew?(context: LeaseContext<Session>): Promise<Renewed>;
  /** An error here fails Terraform's run. Not called after an `open` that failed. */
  close?(context: LeaseContext<Session>): Promise<readonly Diagnostic[] | undefined> | Promise<void>;
  validate?(context: ValidateContext<S>): readonly Diagnostic[];
}

export type AnyEphemeralResource<Session> = EphemeralResource<Schema, Session>;
