import type { AnyDataSource } from "./data-source";
import type { Diagnostic } from "./diagnostics";
import type { AnyEphemeralResource } from "./ephemeral-resource";
import type { AnyFunction } from "./function";
import type { Logger } from "./logger";
import type { ConfigModel } from "./model";
import type { AnyResource, ValidateContext } from "./resource";
import type { Schema } from "./schema";

export interface ConfigureContext<S extends Schema> {
  /** May hold unknown values while planning. Make clients lazily, at first use, so that a plan without them works. */
  readonly config: ConfigModel<S>;
  readonly terraformVersion: string;
  readonly log: Logger;
  /** Aborted when the connection that this session belongs to ends, or when Terraform asks to stop. */
  readonly signal: AbortSignal;
}

export interface Configured<Session> {
  readonly session: Session;
  readonly diagnostics?: readonly Diagnostic[];
}

export interface ConfigureFailure {
  readonly session?: never;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * A provider: its own schema, how a configuration becomes a session, and lists of what it manages.
 * `Session` is whatever the operations need, for example a lazily made client. It belongs to one connection of
 * Terraform; two provider blocks (aliases) have two sessions, also when they share this process. Module-level state
 * would mix them.
 */
export interface Provider<S extends Schema, Session> {
  /** Type name, the first word of all resource names. */
  readonly name: string;
  readonly version: string;
  readonly schema: S;
  configure(context: ConfigureContext<S>): Promise<Configured<Session> | ConfigureFailure>;
  validate?(context: ValidateContext<S>): readonly Diagnostic[];
  /** Frees what the session holds, when its connection ends. */
  close?(session: Session): Promise<void>;
  /**
   * Makes a diagnostic of what an operation threw, without secrets. Absent, or undefined for an error it does not
   * know: the error's message is shown.
   */
  describeError?(error: unknown): Diagnostic | undefined;
  readonly resources: readonly AnyResource<Session>[];
  readonly dataSources: readonly AnyDataSource<Session>[];
  readonly ephemeralResources: readonly AnyEphemeralResource<Session>[];
  readonly functions: readonly AnyFunction[];
}

export type AnyProvider = Provider<Schema, unknown>;
