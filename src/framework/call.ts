import type { Redactor } from "../plugin/redaction";
import { CodecError } from "../protocol/codec-error";
import { type DynamicValueMessage, decodeDynamicValue } from "../protocol/dynamic-value";
import type { Value } from "../protocol/value";
import { type Diagnostic, errorDiagnostic } from "./diagnostics";
import type { Logger } from "./logger";
import type { OperationContext } from "./operation";
import type { AnyProvider } from "./provider";
import type { Schema } from "./schema";
import { schemaType } from "./schema-type";
import { sensitiveTexts } from "./sensitive-values";

/** One connection of Terraform: the provider and what its configuration made of it. */
export class Connection {
  /** Aborted when the connection ends. */
  readonly closing = new AbortController();
  #stopping = new AbortController();
  #configured: { readonly session: unknown } | undefined;

  constructor(
    readonly provider: AnyProvider,
    readonly log: Logger,
    readonly redactor: Redactor,
  ) {}

  /** Undefined until ConfigureProvider succeeded. */
  get configured(): { readonly session: unknown } | undefined {
    return this.#configured;
  }

  /** Aborted when the running operations are to stop. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Stops what runs now; what comes later runs. */
  stop(): void {
    const stopped = this.#stopping;
    this.#stopping = new AbortController();
    stopped.abort();
  }

  async replaceSession(configured: { readonly session: unknown } | undefined): Promise<void> {
    const before = this.#configured;
    this.#configured = configured;
    if (before !== undefined) await this.provider.close?.(before.session);
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.stop();
    await this.replaceSession(undefined);
  }
}

/** An operation with its time limit. */
export interface Limit {
  /** For messages: "creating shop_shelf". */
  readonly operation: string;
  readonly seconds: number;
}

export const SECONDS_DEFAULT = 1200;

/** The longest that a timer can be, 24 days; a longer one would end at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** What an operation returned, or the one error that it threw. */
export type Outcome<T> =
  | { readonly value: T; readonly error?: never }
  | { readonly value?: never; readonly error: Diagnostic };

/** One remote call. */
export class Call {
  constructor(
    readonly connection: Connection,
    readonly signal: AbortSignal,
  ) {}

  /** Hides sensitive texts in a message. */
  readonly clean = (text: string): string => this.connection.redactor.apply(text);

  /** Reads a value of a schema, and remembers its sensitive texts so that no message shows them. */
  decode(schema: Schema, message: DynamicValueMessage | undefined): Value {
    const value = decodeDynamicValue(schemaType(schema), message);
    for (const text of sensitiveTexts(schema.attributes, value)) this.connection.redactor.add(text);
    return value;
  }

  /** Runs an operation that needs the session. */
  async operate<T>(limit: Limit, action: (context: OperationContext<unknown>) => Promise<T>): Promise<Outcome<T>> {
    const { configured, log } = this.connection;
    if (configured === undefined) {
      return { error: errorDiagnostic("Provider is not configured", `Cannot do this yet: ${limit.operation}.`) };
    }
    return this.run(limit, (signal) => action({ session: configured.session, signal, log }));
  }

  /** Runs an action under the limit; whatever it throws becomes a diagnostic. */
  async run<T>(limit: Limit, action: (signal: AbortSignal) => Promise<T>): Promise<Outcome<T>> {
    const { stopping, provider } = this.connection;
    const timer = AbortSignal.timeout(Math.min(limit.seconds * 1000, TIMER_MS_MAX));
    const signal = AbortSignal.any([stopping, this.signal, timer]);
    try {
      return { value: await action(signal) };
    } catch (error) {
      if (timer.aborted) return { error: timedOut(limit) };
      if (signal.aborted) return { error: interrupted(limit) };
      return { error: provider.describeError?.(error) ?? failed(limit, error) };
    }
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function timedOut({ operation, seconds }: Limit): Diagnostic {
  const detail = `It was not done within ${seconds} seconds. What was done so far is kept; running it again continues.`;
  return errorDiagnostic(`${capitalised(operation)} took too long`, detail);
}

function interrupted({ operation }: Limit): Diagnostic {
  return errorDiagnostic(`${capitalised(operation)} was interrupted`, "Terraform was asked to stop.");
}

function failed({ operation }: Limit, error: unknown): Diagnostic {
  const detail = error instanceof Error ? error.message : "An unknown failure.";
  return errorDiagnostic(`${capitalised(operation)} failed`, detail);
}

/** A value from Terraform that does not fit the schema: a mismatch of versions or a bug, never the user's fault. */
export function codecDiagnostic(error: unknown): Diagnostic {
  if (!(error instanceof CodecError)) throw error;
  return errorDiagnostic("Value does not fit the schema", `${error.message}.`);
}
