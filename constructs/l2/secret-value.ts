import { type Construct, TerraformVariable, Token } from "../cdk";
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
    if (!Token.isUnresolved(expression) && !/^\$\{.+\}$/s.test(expression)) {
      throw new RuleError(
        "secret/literal",
        "a secret must be a reference: use SecretValue.fromVariable or an expression, not plain text",
      );
    }
    return new SecretValue(expression);
  }

  private constructor(public readonly expression: string) {}
}
