import { Construct, type IConstruct, Lazy } from "../cdk";
import { Policy as PolicyResource } from "../l1/policy";
import type { ICluster } from "./cluster";

export interface IPolicy extends IConstruct {
  readonly policyName: string;
}

export interface PolicyProps {
  readonly cluster: ICluster;
  readonly policyName: string;
}

/** A policy built from intents; rules for one path are merged, and their order of writing never matters. */
export class Policy extends Construct implements IPolicy {
  public readonly policyName: string;
  private readonly rules = new Map<string, Set<string>>();

  public constructor(scope: Construct, id: string, props: PolicyProps) {
    super(scope, id);
    this.policyName = props.policyName;
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
    for (const capability of capabilities) rule.add(capability);
    this.rules.set(path, rule);
  }

  private document(): string {
    return [...this.rules]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(
        ([path, capabilities]) =>
          `path ${JSON.stringify(path)} {\n  capabilities = ${JSON.stringify([...capabilities].sort())}\n}\n`,
      )
      .join("\n");
  }
}
