import { Construct, type ITerraformDependable } from "../cdk";
import { DrSecondary as DrSecondaryResource } from "../l1/dr-secondary";
import { PerformanceSecondary as PerformanceSecondaryResource } from "../l1/performance-secondary";
import { Primary as PrimaryResource } from "../l1/primary";
import type { ICluster } from "./cluster";
import { defined } from "./defined";
import { filterAttribute, type PathsFilter } from "./paths-filter";

export interface PrimaryProps {
  readonly cluster: ICluster;
  /** @default true */
  readonly performance?: boolean;
  /** @default true */
  readonly disasterRecovery?: boolean;
  /** @default true */
  readonly deletionProtection?: boolean;
}

export interface ReplicateToProps {
  /**
   * What is sent.
   * @default - everything
   */
  readonly pathsFilter?: PathsFilter;
  /** @default true */
  readonly deletionProtection?: boolean;
}

export interface StandbyAtProps {
  /** @default true */
  readonly deletionProtection?: boolean;
}

/**
 * A cluster that others follow, one relation at a time. For a whole set with failover use `MultiDatacenterTopology`, which
 * keeps all roles in one resource.
 */
export class Primary extends Construct {
  public readonly cluster: ICluster;
  private readonly resource: PrimaryResource;

  public constructor(scope: Construct, id: string, props: PrimaryProps) {
    super(scope, id);
    this.cluster = props.cluster;
    this.resource = new PrimaryResource(this, "Resource", {
      cluster: props.cluster.clusterName,
      performance: props.performance ?? true,
      disasterRecovery: props.disasterRecovery ?? true,
      dependsOn: props.cluster.dependables,
      ...defined({ deletionProtection: props.deletionProtection }),
    });
  }

  /** Sends shared data to another cluster, which serves clients from it. ITS OWN DATA IS REPLACED. */
  public replicateTo(id: string, secondary: ICluster, props: ReplicateToProps = {}): PerformanceSecondary {
    return new PerformanceSecondary(this, id, {
      ...props,
      cluster: secondary,
      primary: this.cluster,
      dependables: [this.resource],
    });
  }

  /** Makes another cluster the standby that can take over with every token and lease. ITS OWN DATA IS REPLACED. */
  public standbyAt(id: string, secondary: ICluster, props: StandbyAtProps = {}): DrSecondary {
    return new DrSecondary(this, id, {
      ...props,
      cluster: secondary,
      primary: this.cluster,
      dependables: [this.resource],
    });
  }
}

export interface SecondaryProps {
  readonly cluster: ICluster;
  readonly primary: ICluster;
  /** What must be there first, beside the two clusters. */
  readonly dependables?: ITerraformDependable[];
  /** @default true */
  readonly deletionProtection?: boolean;
}

export interface PerformanceSecondaryProps extends SecondaryProps {
  readonly pathsFilter?: PathsFilter;
}

function dependsOn(props: SecondaryProps): ITerraformDependable[] {
  return [...props.cluster.dependables, ...props.primary.dependables, ...(props.dependables ?? [])];
}

/** A cluster that follows a primary and serves clients from its own copy. */
export class PerformanceSecondary extends Construct {
  public constructor(scope: Construct, id: string, props: PerformanceSecondaryProps) {
    super(scope, id);
    new PerformanceSecondaryResource(this, "Resource", {
      cluster: props.cluster.clusterName,
      primary: props.primary.clusterName,
      dependsOn: dependsOn(props),
      ...filterAttribute(props.pathsFilter),
      ...defined({ deletionProtection: props.deletionProtection }),
    });
  }
}

/** A cluster that follows a primary with everything and serves nobody until it is promoted. */
export class DrSecondary extends Construct {
  public constructor(scope: Construct, id: string, props: SecondaryProps) {
    super(scope, id);
    new DrSecondaryResource(this, "Resource", {
      cluster: props.cluster.clusterName,
      primary: props.primary.clusterName,
      dependsOn: dependsOn(props),
      ...defined({ deletionProtection: props.deletionProtection }),
    });
  }
}
