import { createLogger } from "../../plugin/logger";
import { Redactor } from "../../plugin/redaction";
import type { ProviderConnection } from "../../plugin/serve";
import { type Incoming, type Outgoing, SEVERITY, tfplugin6 } from "../../plugin/tfplugin6";
import { decodeDynamicValue, encodeDynamicValue } from "../../protocol/dynamic-value";
import { isObjectValue } from "../../protocol/msgpack-codec";
import type { ObjectValue, Value } from "../../protocol/value";
import { valuesEqual } from "../../protocol/value-equality";
import { providerConnection } from "../connection";
import type { AnyProvider } from "../provider";
import type { AnyResource } from "../resource";
import type { Schema } from "../schema";
import { schemaType } from "../schema-type";
import { consistencyViolations, planViolations, stateViolations, type Violations } from "./contract-rules";
import { fillConfig } from "./fill-config";
import { proposedState } from "./proposed-state";

/** A diagnostic as it went over the wire, after redaction. */
export interface SeenDiagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  readonly detail: string;
}

/** A stored resource. */
export interface Instance {
  readonly state: ObjectValue | null;
  readonly private: Buffer;
}

export interface PlanSeen {
  /** Null for a destroy. */
  readonly planned: Value;
  readonly requiresReplace: readonly string[];
  readonly private: Buffer;
  readonly diagnostics: readonly SeenDiagnostic[];
}

export interface ChangeSeen extends Instance {
  readonly plan: PlanSeen;
  readonly diagnostics: readonly SeenDiagnostic[];
}

/** The provider broke a rule of Terraform: a bug, not a failed operation. */
export class ContractViolation extends Error {
  override readonly name = "ContractViolation";

  constructor(
    readonly stage: string,
    readonly violations: Violations,
  ) {
    super(`${stage}:\n  ${violations.join("\n  ")}`);
  }
}

export interface ChangeOptions {
  /** The configuration during apply, when parts of the planned one were unknown. */
  readonly knownConfig?: object;
}

const NEW: Instance = { state: null, private: Buffer.alloc(0) };

/**
 * Runs a provider's operations in this process, through the same messages as Terraform does, and checks Terraform's
 * rules: plans valid and deterministic, results as planned, states wholly known and without write-only values, and an
 * empty plan after each change. Throws ContractViolation; failures of operations are diagnostics.
 *
 * Configurations are plain objects of native values; what they leave out is null.
 *
 * @example
 * const checker = await ContractChecker.start(provider, { directory });
 * const made = await checker.change("shop_shelf", NEW_INSTANCE, { name: "a" });
 */
export class ContractChecker {
  private constructor(
    private readonly provider: AnyProvider,
    private readonly connection: ProviderConnection,
  ) {}

  /** Throws ContractViolation when the provider refuses the configuration. */
  static async start(provider: AnyProvider, config: object = {}): Promise<ContractChecker> {
    const redactor = new Redactor();
    const log = createLogger({ level: undefined, module: provider.name, redactor, write: () => undefined });
    const checker = new ContractChecker(provider, providerConnection(provider, { log, redactor }));
    const { diagnostics: schemaProblems } = await checker.#call("GetProviderSchema", {});
    refuseErrors("schema", seen(schemaProblems));
    const message = checker.#encode(provider.schema, fillConfig(provider.schema.attributes, config));
    refuseErrors(
      "provider validation",
      seen((await checker.#call("ValidateProviderConfig", { config: message })).diagnostics),
    );
    const configured = await checker.#call("ConfigureProvider", { terraformVersion: "1.11.4", config: message });
    refuseErrors("provider configuration", seen(configured.diagnostics));
    return checker;
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  async validate(typeName: string, config: object): Promise<readonly SeenDiagnostic[]> {
    const { schema } = this.#resource(typeName);
    const { diagnostics } = await this.#call("ValidateResourceConfig", {
      typeName,
      config: this.#encode(schema, fillConfig(schema.attributes, config)),
      clientCapabilities: { writeOnlyAttributesAllowed: true },
    });
    return seen(diagnostics);
  }

  /** Plans a creation or an update, twice, and checks it. */
  async plan(typeName: string, instance: Instance, config: object): Promise<PlanSeen> {
    const { schema } = this.#resource(typeName);
    const filled = fillConfig(schema.attributes, config);
    const first = await this.#planOnce(typeName, instance, filled);
    const second = await this.#planOnce(typeName, instance, filled);
    if (
      !valuesEqual(first.planned, second.planned) ||
      String(first.requiresReplace) !== String(second.requiresReplace)
    ) {
      throw new ContractViolation("plan", ["planning twice gives two different plans"]);
    }
    if (first.diagnostics.some(({ severity }) => severity === "error")) return first;
    check("plan", planViolations(schema.attributes, { config: filled, prior: instance.state, planned: first.planned }));
    return first;
  }

  /**
   * Plans and applies a configuration, replacing when the plan says so, then reads and plans again, which must change
   * nothing. After errors the checks of results are left out, as Terraform does it.
   */
  async change(typeName: string, instance: Instance, config: object, options: ChangeOptions = {}): Promise<ChangeSeen> {
    const plan = await this.plan(typeName, instance, config);
    if (hasErrors(plan.diagnostics)) return { ...instance, plan, diagnostics: plan.diagnostics };
    if (instance.state !== null && plan.requiresReplace.length > 0) {
      const gone = await this.destroy(typeName, instance);
      if (gone.state !== null) return { ...gone, plan };
      return this.change(typeName, NEW, config, options);
    }
    const known = options.knownConfig ?? config;
    const final = options.knownConfig === undefined ? plan : await this.plan(typeName, instance, known);
    check("plan during apply", consistencyViolations(plan.planned, final.planned));
    const applied = await this.#apply(typeName, instance, known, final);
    if (!hasErrors(applied.diagnostics)) await this.#checkSettled(typeName, applied, known);
    return { ...applied, plan };
  }

  async destroy(
    typeName: string,
    instance: Instance,
  ): Promise<Instance & { readonly diagnostics: readonly SeenDiagnostic[] }> {
    const plan = await this.#planOnce(typeName, instance, null);
    if (hasErrors(plan.diagnostics)) return { ...instance, diagnostics: plan.diagnostics };
    if (plan.planned !== null) throw new ContractViolation("destroy plan", ["the planned state is not null"]);
    return this.#apply(typeName, instance, null, plan);
  }

  /** A state of null means that the resource is gone. */
  async read(
    typeName: string,
    instance: Instance,
  ): Promise<Instance & { readonly diagnostics: readonly SeenDiagnostic[] }> {
    const { schema } = this.#resource(typeName);
    const {
      newState,
      private: bytes,
      diagnostics,
    } = await this.#call("ReadResource", {
      typeName,
      currentState: this.#encode(schema, instance.state),
      private: instance.private,
    });
    const state = this.#decode(schema, newState);
    check("read", stateViolations(schema.attributes, state));
    return { state: asObject(state), private: bytes, diagnostics: seen(diagnostics) };
  }

  /** Imports and reads, as Terraform does. */
  async import(typeName: string, id: string): Promise<Instance & { readonly diagnostics: readonly SeenDiagnostic[] }> {
    const { schema } = this.#resource(typeName);
    const { importedResources, diagnostics } = await this.#call("ImportResourceState", { typeName, id });
    const [imported] = importedResources;
    if (imported === undefined) return { ...NEW, diagnostics: seen(diagnostics) };
    const state = asObject(this.#decode(schema, imported.state));
    check("import", stateViolations(schema.attributes, state));
    return this.read(typeName, { state, private: imported.private });
  }

  async readData(
    typeName: string,
    config: object,
  ): Promise<{ readonly state: ObjectValue | null; readonly diagnostics: readonly SeenDiagnostic[] }> {
    const declared = this.provider.dataSources.find(({ name }) => name === typeName);
    if (declared === undefined) throw new TypeError(`no data source ${typeName}`);
    const filled = fillConfig(declared.schema.attributes, config);
    const answer = await this.#call("ReadDataSource", { typeName, config: this.#encode(declared.schema, filled) });
    const state = this.#decode(declared.schema, answer.state);
    if (state !== null) {
      const places = { config: filled, prior: null, planned: state };
      check("data source", [
        ...planViolations(declared.schema.attributes, places),
        ...stateViolations(declared.schema.attributes, state),
      ]);
    }
    return { state: asObject(state), diagnostics: seen(answer.diagnostics) };
  }

  async open(
    typeName: string,
    config: object,
  ): Promise<{
    readonly result: ObjectValue | null;
    readonly private: Buffer;
    readonly renewAt: Date | undefined;
    readonly diagnostics: readonly SeenDiagnostic[];
  }> {
    const declared = this.provider.ephemeralResources.find(({ name }) => name === typeName);
    if (declared === undefined) throw new TypeError(`no ephemeral resource ${typeName}`);
    const filled = fillConfig(declared.schema.attributes, config);
    const answer = await this.#call("OpenEphemeralResource", {
      typeName,
      config: this.#encode(declared.schema, filled),
    });
    const result = this.#decode(declared.schema, answer.result);
    if (result !== null) {
      check(
        "ephemeral resource",
        planViolations(declared.schema.attributes, { config: filled, prior: null, planned: result }),
      );
    }
    const renewAt = answer.renewAt && new Date(answer.renewAt.seconds * 1000 + answer.renewAt.nanos / 1_000_000);
    return {
      result: asObject(result),
      private: answer.private ?? Buffer.alloc(0),
      renewAt,
      diagnostics: seen(answer.diagnostics),
    };
  }

  async closeEphemeral(typeName: string, bytes: Buffer): Promise<readonly SeenDiagnostic[]> {
    return seen((await this.#call("CloseEphemeralResource", { typeName, private: bytes })).diagnostics);
  }

  async #checkSettled(typeName: string, applied: Instance, config: object): Promise<void> {
    const read = await this.read(typeName, applied);
    if (read.state === null) throw new ContractViolation("read after apply", ["the resource is gone"]);
    const again = await this.plan(typeName, read, config);
    check("plan after apply is not empty", consistencyViolations(read.state, again.planned));
  }

  async #planOnce(typeName: string, instance: Instance, config: ObjectValue | null): Promise<PlanSeen> {
    const { schema } = this.#resource(typeName);
    const proposed = config === null ? null : proposedState(schema.attributes, instance.state, config);
    const answer = await this.#call("PlanResourceChange", {
      typeName,
      priorState: this.#encode(schema, instance.state),
      proposedNewState: this.#encode(schema, proposed),
      config: this.#encode(schema, config),
      priorPrivate: instance.private,
      clientCapabilities: { writeOnlyAttributesAllowed: true },
    });
    return {
      planned: this.#decode(schema, answer.plannedState),
      requiresReplace: answer.requiresReplace.map(({ steps }) =>
        steps.map((step) => step.attributeName ?? step.elementKeyString ?? String(step.elementKeyInt)).join("."),
      ),
      private: answer.plannedPrivate,
      diagnostics: seen(answer.diagnostics),
    };
  }

  async #apply(typeName: string, instance: Instance, config: object | null, plan: PlanSeen): Promise<ChangeSeen> {
    const { schema } = this.#resource(typeName);
    const filled = config === null ? null : fillConfig(schema.attributes, config);
    const answer = await this.#call("ApplyResourceChange", {
      typeName,
      priorState: this.#encode(schema, instance.state),
      plannedState: this.#encode(schema, plan.planned),
      config: this.#encode(schema, filled),
      plannedPrivate: plan.private,
    });
    const state = this.#decode(schema, answer.newState);
    const diagnostics = seen(answer.diagnostics);
    if (!hasErrors(diagnostics)) {
      check("apply", [...stateViolations(schema.attributes, state), ...consistencyViolations(plan.planned, state)]);
    }
    return { state: asObject(state), private: answer.private, plan, diagnostics };
  }

  #resource(typeName: string): AnyResource<unknown> {
    const declared = this.provider.resources.find(({ name }) => name === typeName);
    if (declared === undefined) throw new TypeError(`no resource ${typeName}`);
    return declared;
  }

  #encode(schema: Schema, value: Value): { readonly msgpack: Buffer } {
    return encodeDynamicValue(schemaType(schema), value);
  }

  #decode(schema: Schema, message: Incoming<"DynamicValue"> | undefined): Value {
    return decodeDynamicValue(schemaType(schema), message);
  }

  /** Each message goes through its bytes, as over the wire. */
  async #call<M extends keyof ProviderConnection["handlers"]>(
    method: M,
    request: Outgoing<`${M}Request`>,
  ): Promise<Incoming<`${M}Response`>> {
    const bytes = tfplugin6.encode<`${M}Request`>(`${method}Request`, request);
    const handler = this.connection.handlers[method];
    const response = await handler(
      tfplugin6.decode<`${M}Request`>(`${method}Request`, bytes),
      new AbortController().signal,
    );
    return tfplugin6.decode<`${M}Response`>(
      `${method}Response`,
      tfplugin6.encode<`${M}Response`>(`${method}Response`, response),
    );
  }
}

/** What to give to `change` for a resource that does not exist yet. */
export const NEW_INSTANCE: Instance = NEW;

function seen(messages: readonly Incoming<"Diagnostic">[]): readonly SeenDiagnostic[] {
  return messages.map(({ severity, summary, detail }) => ({
    severity: severity === SEVERITY.error ? "error" : "warning",
    summary,
    detail,
  }));
}

function hasErrors(diagnostics: readonly SeenDiagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

function refuseErrors(stage: string, diagnostics: readonly SeenDiagnostic[]): void {
  check(
    stage,
    diagnostics.filter(({ severity }) => severity === "error").map(({ summary, detail }) => `${summary}: ${detail}`),
  );
}

function check(stage: string, violations: Violations): void {
  if (violations.length > 0) throw new ContractViolation(stage, violations);
}

function asObject(value: Value): ObjectValue | null {
  return isObjectValue(value) ? value : null;
}
