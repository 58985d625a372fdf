import { TerraformStack, Testing } from "../cdk";
import { RuleError } from "../l2/rule-error";

export interface Block {
  readonly [attribute: string]: unknown;
}

/** The JSON that a program turns into, as tests look at it. */
export class Synthesized {
  /** Of a stack named `stack`, with all validations. */
  public static of(build: (stack: TerraformStack) => void): Synthesized {
    const stack = new TerraformStack(Testing.app(), "stack");
    build(stack);
    return new Synthesized(Testing.synth(stack, true));
  }

  public readonly document: { readonly [section: string]: { readonly [name: string]: unknown } };

  private constructor(public readonly text: string) {
    this.document = JSON.parse(text);
  }

  /** All resources of a type, by logical id. */
  public resources(type: string): { readonly [id: string]: Block } {
    return (this.document.resource?.[type] ?? {}) as { readonly [id: string]: Block };
  }

  /** The only resource of its type. */
  public resource(type: string): Block {
    const [only, ...others] = Object.values(this.resources(type));
    if (only === undefined || others.length > 0) throw new Error(`not exactly one ${type} in ${this.text}`);
    return only;
  }

  public logicalIds(): string[] {
    return Object.entries(this.document.resource ?? {})
      .flatMap(([type, resources]) => Object.keys(resources as object).map((id) => `${type}.${id}`))
      .sort();
  }
}

/** The rule and message that building and synthesising break on. */
export function brokenRule(build: (stack: TerraformStack) => void): { rule: string; message: string } {
  try {
    Synthesized.of(build);
  } catch (error) {
    if (error instanceof RuleError) return { rule: error.rule, message: error.message };
    throw error;
  }
  throw new Error("nothing was refused");
}
