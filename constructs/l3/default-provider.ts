import { join, resolve } from "node:path";
import { Aspects, type Construct, TerraformStack } from "../cdk";
import { MeridianProvider } from "../l1/provider";
import { RuleError } from "../l2/rule-error";

/**
 * Sees to it that the stack has a provider once the program is written: the one that the program made, before or after the
 * topology, else one with this operator file.
 */
export function provideDefault(scope: Construct, operatorFile: string | undefined): void {
  const stack = TerraformStack.of(scope);
  const path = operatorPath(operatorFile);
  Aspects.of(stack).add({
    visit(node) {
      if (node !== stack) return;
      const provider = stack.node.findAll().find((child) => child instanceof MeridianProvider);
      if (provider instanceof MeridianProvider) requireSameFile(provider, operatorFile);
      else new MeridianProvider(stack, "meridian", path === undefined ? {} : { operatorFile: path });
    },
  });
}

/**
 * Absolute, since terraform runs in a directory that the framework makes and may remove. Left out on a pipeline runner,
 * whose disk does not last: the provider then asks for a durable place instead of losing the only copy of the keys.
 */
function operatorPath(operatorFile: string | undefined): string | undefined {
  if (operatorFile !== undefined) return resolve(operatorFile);
  const isRunner = (process.env.CI ?? "") !== "" && process.env.CI !== "false";
  return isRunner ? undefined : resolve(join(".meridian", "operator.json"));
}

function requireSameFile(provider: MeridianProvider, operatorFile: string | undefined): void {
  const found = provider.operatorFileInput;
  if (operatorFile === undefined || found === resolve(operatorFile)) return;
  throw new RuleError(
    "provider/operator-file",
    `the topology asks for the operator file "${resolve(operatorFile)}", but the stack's provider has ${found === undefined ? "its default" : `"${found}"`}: give it in one of the two places`,
  );
}
