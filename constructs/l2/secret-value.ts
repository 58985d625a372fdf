import { type Construct, Lazy, TerraformVariable, Token } from "../cdk";
import { RuleError } from "./rule-error";

/**
 * A secret on its way into a write-only attribute. Never a literal: what a program says in clear lands in the synthesised
 * JSON, in version control and in every log of the pipeline.
 */
export class SecretValue {
  /**
   * From a Terraform variable that is ephemeral and sensitive: set `TF_VAR_<name>` where terraform runs. Neither plan nor
   * state keeps it.
   */
  public static fromVariable(scope: Construct, name: string, description: string): SecretValue {
    const variable = new TerraformVariable(scope, name, {
      type: "string",
      sensitive: true,
      nullable: false,
      description,
    });
    // The framework has no property for it yet; Terraform 1.10 and later keep such a value out of plan and state.
    variable.addOverride("ephemeral", true);
    variable.overrideLogicalId(name);
    return new SecretValue(variable.stringValue);
  }

  /** From an expression, e.g. `${"$"}{ephemeral.meridian_kv_secret.x.data["password"]}` or a token. @throws for plain text */
  public static fromExpression(expression: string): SecretValue {
    if (!Token.isUnresolved(expression)) requireReference(expression);
    return new SecretValue(expression);
  }

  /** For a write-only attribute. What a token turns out to be is looked at when the program is synthesised. */
  public readonly expression: string;

  private constructor(expression: string) {
    this.expression = Lazy.stringValue({
      produce: (context) => {
        const resolved: unknown = context.resolve(expression);
        requireReference(resolved);
        return resolved;
      },
    });
  }
}

/** The values of a map, for a write-only attribute. @throws RuleError where a program without types put something else */
export function secretExpressions(values: { [key: string]: SecretValue }): { [key: string]: string } {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, secretExpression(value)]));
}

/** @throws RuleError for anything but a SecretValue */
export function secretExpression(value: SecretValue): string {
  if (!(value instanceof SecretValue)) throw literalError();
  return value.expression;
}

/** One interpolation and nothing around it, of a reference, with text in it only as a key in brackets. */
function requireReference(expression: unknown): asserts expression is string {
  const inner = typeof expression === "string" ? /^\$\{(.+)\}$/s.exec(expression)?.[1] : undefined;
  if (inner === undefined) throw literalError();
  const withoutKeys = inner.replace(/\["[^"\\$]*"\]/g, "");
  const isReference = /\b[a-z_][a-z0-9_]*\.[a-z_]/i.test(withoutKeys);
  if (!isReference || /["{}]|<</.test(withoutKeys)) throw literalError();
}

function literalError(): RuleError {
  return new RuleError(
    "secret/literal",
    "a secret must be a reference: use SecretValue.fromVariable or an expression, not plain text",
  );
}
