/** A topology or a construct that must not synthesise. `rule` is stable: documents and tests name it. */
export class RuleError extends Error {
  public readonly rule: string;

  /** @param rule id such as `topology/primary-unknown`; @param message names the two values and the fix */
  public constructor(rule: string, message: string) {
    super(`${message} [${rule}]`);
    this.name = "RuleError";
    this.rule = rule;
  }
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Names of clusters become file names, identifiers on the server and TLS names. */
export function requireName(what: string, name: string): void {
  if (NAME.test(name)) return;
  throw new RuleError(
    "name/invalid",
    `${what} "${name}" is not a name: use 1 to 63 lower-case letters, digits and dashes, with no dash at either end`,
  );
}
