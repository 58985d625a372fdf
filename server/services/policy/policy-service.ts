import { asciiLowerCase } from "../../sdk/ascii";
import { compareBytes } from "../../sdk/byte-order";
import { ServerError } from "../../sdk/errors";
import { HclError } from "../../sdk/hcl";
import type { LogEntry } from "../../sdk/log";
import type { AccessChecker, AccessQuestion, Capability, PolicyStore } from "../../sdk/policy";
import type { View } from "../../sdk/view";
import { AccessList } from "./access-list";
import {
  BUILT_IN_POLICIES,
  DEFAULT_POLICY_NAME,
  RESPONSE_WRAPPING_POLICY_NAME,
  ROOT_POLICY_NAME,
} from "./built-in-policies";
import type { PathRule } from "./path-rule";
import { parsePolicy } from "./policy-parser";

/** Where policies lie inside the barrier, class `replicated`. */
export const POLICY_PREFIX = "core/policy/";

const NAME_BYTES_MAX = 256;
/** Compiled sets kept; beyond that the one that was used least recently goes. */
const COMPILED_SETS_MAX = 2_000;
const LIST_PAGE = 1_000;

/** Policies and what they decide. Documents are stored as text and compiled per set of names when first asked for. */
export class PolicyService implements AccessChecker, PolicyStore {
  /** By the sorted names; holds the names' array's result too, since a token's facts keep one array. */
  private compiled = new Map<string, AccessList>();
  private byArray = new WeakMap<readonly string[], AccessList>();
  private generation = 0;

  /** @param storage view on `core/policy/`, class `replicated` */
  constructor(private readonly storage: View) {}

  allows(question: AccessQuestion): boolean | Promise<boolean> {
    if (question.policies.includes(ROOT_POLICY_NAME)) return true;
    const list = this.compiledList(question.policies);
    return list === undefined
      ? this.compile(question.policies).then((made) => made.allows(question))
      : list.allows(question);
  }

  async capabilities(policies: readonly string[], path: string): Promise<readonly Capability[]> {
    if (policies.includes(ROOT_POLICY_NAME)) return ["root"];
    return (this.compiledList(policies) ?? (await this.compile(policies))).capabilities(path);
  }

  async read(name: string): Promise<string | undefined> {
    const key = asciiLowerCase(name);
    if (key === ROOT_POLICY_NAME) return "";
    if (!isName(key)) return undefined;
    if (key === RESPONSE_WRAPPING_POLICY_NAME) return BUILT_IN_POLICIES.get(key);
    const stored = await this.storage.get(key);
    return stored === undefined ? BUILT_IN_POLICIES.get(key) : stored.value.toString("utf8");
  }

  async list(): Promise<readonly string[]> {
    const names = new Set([DEFAULT_POLICY_NAME, ROOT_POLICY_NAME]);
    let after: string | undefined;
    for (;;) {
      const page = await this.storage.listAll(
        "",
        after === undefined ? { limit: LIST_PAGE } : { after, limit: LIST_PAGE },
      );
      for (const name of page) names.add(name);
      after = page.at(-1);
      if (page.length < LIST_PAGE) return [...names].sort(compareBytes);
    }
  }

  async write(name: string, text: string): Promise<void> {
    const key = writableName(name);
    try {
      parsePolicy(text);
    } catch (error) {
      if (!(error instanceof HclError)) throw error;
      throw new ServerError("invalid_request", `failed to parse policy: ${error.message}`);
    }
    await this.storage.commit([this.storage.put(key, Buffer.from(text, "utf8"))]);
    this.forget();
  }

  async delete(name: string): Promise<void> {
    const key = writableName(name);
    if (key === DEFAULT_POLICY_NAME) throw new ServerError("invalid_request", "cannot delete default policy");
    if ((await this.storage.get(key)) === undefined) return;
    await this.storage.commit([this.storage.delete(key)]);
    this.forget();
  }

  /** To be called for every entry that this node applies, own or another's: forgets what may have changed. */
  onEntry(entry: Pick<LogEntry, "operations">): void {
    if (entry.operations.some((operation) => operation.key.startsWith(POLICY_PREFIX))) this.forget();
  }

  /** Forgets everything compiled: after the data was replaced as a whole. */
  forget(): void {
    this.generation++;
    this.compiled = new Map();
    this.byArray = new WeakMap();
  }

  private compiledList(policies: readonly string[]): AccessList | undefined {
    const known = this.byArray.get(policies);
    if (known !== undefined) return known;
    const key = keyOf(policies);
    const list = this.compiled.get(key);
    if (list === undefined) return undefined;
    this.compiled.delete(key);
    this.keep(key, policies, list);
    return list;
  }

  /** A missing policy grants nothing. One that does not parse fails the request: it might have held a deny. */
  private async compile(policies: readonly string[]): Promise<AccessList> {
    const generation = this.generation;
    const rules: PathRule[] = [];
    for (const name of new Set(policies)) {
      const text = await this.read(name);
      if (text !== undefined) rules.push(...parseStored(name, text));
    }
    const list = new AccessList(rules);
    if (generation === this.generation) this.keep(keyOf(policies), policies, list);
    return list;
  }

  private keep(key: string, policies: readonly string[], list: AccessList): void {
    if (this.compiled.size >= COMPILED_SETS_MAX) {
      for (const oldest of this.compiled.keys()) {
        this.compiled.delete(oldest);
        break;
      }
    }
    this.compiled.set(key, list);
    if (Object.isFrozen(policies)) this.byArray.set(policies, list);
  }
}

function parseStored(name: string, text: string): readonly PathRule[] {
  try {
    return parsePolicy(text);
  } catch (cause) {
    throw new ServerError("corrupt", { detail: `policy ${name} does not parse`, cause });
  }
}

/** Names hold no line feed, so the key is unambiguous. */
function keyOf(policies: readonly string[]): string {
  return [...policies].sort(compareBytes).join("\n");
}

/** Printable ASCII without commas (names travel in comma lists) and blanks at the ends; slashes only between words. */
function isName(name: string): boolean {
  return (
    name.length <= NAME_BYTES_MAX &&
    /^[!-+\--~]([ -+\--~]*[!-+\--~])?$/.test(name) &&
    name.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..")
  );
}

function writableName(name: string): string {
  const key = asciiLowerCase(name);
  if (key === ROOT_POLICY_NAME) throw new ServerError("invalid_request", `cannot update "root" policy`);
  if (key === RESPONSE_WRAPPING_POLICY_NAME) throw new ServerError("invalid_request", `cannot update "${key}" policy`);
  if (!isName(key)) {
    throw new ServerError(
      "invalid_request",
      `a policy name is 1 to ${NAME_BYTES_MAX} printable ASCII characters without commas and without blanks at its ends`,
    );
  }
  return key;
}
