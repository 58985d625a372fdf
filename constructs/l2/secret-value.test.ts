import { Fn, type TerraformStack, TerraformVariable, Token } from "../cdk";
import { MeridianProvider } from "../l1/provider";
import { brokenRule, Synthesized } from "../testing/synthesized";
import { Cluster } from "./cluster";
import { KvEngine } from "./kv-engine";
import { SecretValue } from "./secret-value";
import { UserpassAuth } from "./userpass-auth";

const LITERAL = "hunter2-in-clear";

/** A program that puts the value into a user and a secret. */
function program(value: (stack: TerraformStack) => SecretValue): (stack: TerraformStack) => void {
  return (stack) => {
    new MeridianProvider(stack, "meridian");
    const cluster = Cluster.fromClusterName(stack, "existing", { clusterName: "dc-a" });
    const secret = value(stack);
    new UserpassAuth(stack, "people", { cluster }).addUser("ann", { username: "ann", password: secret });
    new KvEngine(stack, "kv", { cluster }).addSecret("s", { secretName: "s", data: { key: secret } });
  };
}

describe("SecretValue", () => {
  it("comes from a variable that is ephemeral and sensitive and has no value in the program", () => {
    const { document, text } = Synthesized.of(program((stack) => SecretValue.fromVariable(stack, "password", "p")));
    expect(document.variable?.password).toEqual({
      type: "string",
      sensitive: true,
      ephemeral: true,
      nullable: false,
      description: "p",
    });
    expect(text.match(/\$\{var\.password\}/g)).toHaveLength(2);
  });

  it.each([
    ["an ephemeral value", `${"$"}{ephemeral.meridian_kv_secret.x.data["password"]}`],
    ["a variable", `${"$"}{var.password}`],
    ["a function of one", `${"$"}{trimspace(var.password)}`],
  ])("takes %s", (_, expression) => {
    const { text } = Synthesized.of(program(() => SecretValue.fromExpression(expression)));
    expect(text).toContain(JSON.stringify(expression).slice(1, -1));
  });

  it("takes a token that turns out to be a reference", () => {
    const { text } = Synthesized.of(
      program((stack) => {
        const variable = new TerraformVariable(stack, "pin", { type: "string", sensitive: true });
        return SecretValue.fromExpression(Token.asString(Fn.trimspace(variable.stringValue)));
      }),
    );
    expect(text).toContain("trimspace(var.pin)");
  });

  it.each([
    ["plain text", LITERAL],
    ["nothing", ""],
    ["text in an interpolation", `${"$"}{"${LITERAL}"}`],
    ["text in a function", `${"$"}{upper("${LITERAL}")}`],
    ["text beside a reference", `${LITERAL}${"$"}{var.password}`],
    ["text joined to a reference", `${"$"}{join("${LITERAL}", [var.password])}`],
    ["text behind a reference", `${"$"}{var.password}${LITERAL}`],
    ["two interpolations", `${"$"}{var.a}${LITERAL}${"$"}{var.b}`],
    ["a heredoc", `${"$"}{<<E\n${LITERAL}\nE\n}`],
    ["a number", `${"$"}{12345678}`],
  ])("refuses %s, without repeating it", (_, expression) => {
    const { rule, message } = brokenRule(program(() => SecretValue.fromExpression(expression)));
    expect(rule).toBe("secret/literal");
    expect(message).not.toContain(LITERAL);
  });

  it("refuses a token that turns out to be text", () => {
    const tokens = [
      () => Token.asString({ resolve: () => LITERAL, creationStack: [] }),
      (stack: TerraformStack) =>
        `${LITERAL}${new TerraformVariable(stack, "pin", { type: "string", sensitive: true }).stringValue}`,
      () => Fn.upper(LITERAL),
    ];
    for (const token of tokens) {
      const { rule } = brokenRule(program((stack) => SecretValue.fromExpression(token(stack))));
      expect(rule).toBe("secret/literal");
    }
  });

  it("refuses what a program without types puts in its place", () => {
    const untyped = JSON.parse(JSON.stringify(LITERAL));
    expect(brokenRule(program(() => untyped)).rule).toBe("secret/literal");
    const { rule } = brokenRule((stack) => {
      const cluster = Cluster.fromClusterName(stack, "existing", { clusterName: "dc-a" });
      new KvEngine(stack, "kv", { cluster }).addSecret("s", { secretName: "s", data: { key: untyped } });
    });
    expect(rule).toBe("secret/literal");
  });
});
