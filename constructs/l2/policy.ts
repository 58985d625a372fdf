import { Construct, type IConstruct, Lazy, TerraformStack } from "../cdk";
import { Policy as PolicyResource } from "../l1/policy";
import type { ICluster } from "./cluster";
import { RuleError } from "./rule-error";

export interface IPolicy extends IConstruct {
  readonly policyName: string;
}

export interface PolicyProps {
  readonly cluster: ICluster;
  /** In lower case, without slashes. */
  readonly policyName: string;
}

/** What may be done on a path; `deny` wins over all others. */
const CAPABILITIES = ["create", "read", "update", "patch", "delete", "list", "sudo", "deny"];

/** The server refuses a policy without text. */
const EMPTY = "# Nothing is granted.\n";

/** A policy built from intents; rules for one path are merged, and their order of writing never matters. */
export class Policy extends Construct implements IPolicy {
  public readonly policyName: string;
  private readonly clusterName: string;
  private readonly rules = new Map<string, Set<string>>();

  public constructor(scope: Construct, id: string, props: PolicyProps) {
    super(scope, id);
    this.policyName = props.policyName;
    this.clusterName = props.cluster.clusterName;
    this.requireOwnName();
    new PolicyResource(this, "Resource", {
      cluster: props.cluster.clusterName,
      name: props.policyName,
      policy: Lazy.stringValue({ produce: () => this.document() }),
      dependsOn: props.cluster.dependables,
    });
  }

  /** Grants capabilities (`read`, `list`, `create`, `update`, `patch`, `delete`, `sudo`, or `deny`) on a path. */
  public allow(path: string, capabilities: string[]): void {
    const rule = this.rules.get(path) ?? new Set<string>();
    for (const capability of capabilities) {
      requireCapability(capability);
      rule.add(capability);
    }
    this.rules.set(path, rule);
  }

  /** Two of one name would overwrite each other, and whoever has the one would have the other's grants. */
  private requireOwnName(): void {
    const others = TerraformStack.of(this)
      .node.findAll()
      .filter((node) => node instanceof Policy && node !== this);
    const taken = others.find(
      (other) =>
        other instanceof Policy && other.policyName === this.policyName && other.clusterName === this.clusterName,
    );
    if (taken === undefined) return;
    throw new RuleError(
      "policy/name-taken",
      `"${taken.node.path}" and "${this.node.path}" would both be the policy "${this.policyName}" of "${this.clusterName}": give one of them another name`,
    );
  }

  private document(): string {
    const blocks = [...this.rules]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(
        ([path, capabilities]) =>
          `path ${JSON.stringify(path)} {\n  capabilities = ${JSON.stringify([...capabilities].sort())}\n}\n`,
      );
    return blocks.length === 0 ? EMPTY : blocks.join("\n");
  }
}

function requireCapability(capability: string): void {
  if (CAPABILITIES.includes(capability)) return;
  throw new RuleError(
    "policy/capability",
    `"${capability}" is no capability: use one of ${CAPABILITIES.map((name) => `"${name}"`).join(", ")}`,
  );
}

/** Name of the policy that belongs to one user or role. Policy names have neither slashes nor capitals. */
export function grantPolicyName(mount: string, name: string): string {
  return `${mount}-${name}`.replace(/\//g, "-").toLowerCase();
}
