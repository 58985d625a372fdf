import { Construct, type ITerraformDependable, TerraformOutput } from "../cdk";
import { Topology } from "../l1/topology";
import { Cluster, type ICluster } from "../l2/cluster";
import { defined } from "../l2/defined";
import { filterAttribute, type PathsFilter } from "../l2/paths-filter";
import { RuleError } from "../l2/rule-error";
import { Seal } from "../l2/seal";
import type { Platform } from "../platforms/platform";
import { provideDefault } from "./default-provider";
import { warnOfUnknownMounts } from "./filter-warning";
import { healthCheckPath } from "./health-check-path";
import { checkTopology } from "./topology-rules";

export interface DatacenterProps {
  /** Where its nodes run. */
  readonly platform: Platform;
  /**
   * Nodes of its cluster.
   * @default 1
   */
  readonly nodes?: number;
  /**
   * Which mounts are sent there while it is a performance secondary.
   * @default - everything
   */
  readonly pathsFilter?: PathsFilter;
}

export interface DisasterRecoveryProps {
  /** Name of the DR secondary. */
  readonly name: string;
  readonly platform: Platform;
}

export interface MultiDatacenterTopologyProps {
  /** Name of the data center, or of the DR secondary, that accepts writes. CHANGING IT IS A PLANNED FAILOVER. */
  readonly primary: string;
  /** By name; all but the primary follow it and serve clients from their own copy. */
  readonly datacenters: { [name: string]: DatacenterProps };
  /**
   * DR secondaries by the data center they stand by for.
   * @default - none
   */
  readonly disasterRecovery?: { [datacenter: string]: DisasterRecoveryProps };
  /**
   * How clusters are unsealed.
   * @default Seal.shamir()
   */
  readonly seal?: Seal;
  /**
   * File for unseal shares and administrators' credentials, mode 0600. Keep a copy of it offline.
   * @default ".meridian/operator.json" in the directory of the program; on a pipeline runner it must be given
   */
  readonly operatorFile?: string;
  /**
   * Primaries that may be given up while they cannot be reached, or made to follow again after they were promoted by hand or
   * came back: writes that only they have are lost.
   * @default - none
   */
  readonly allowDataLoss?: string[];
  /**
   * While true nothing that holds data can be destroyed or replaced.
   * @default true
   */
  readonly deletionProtection?: boolean;
}

/**
 * Clusters in several data centers as one replicated set. As an `ICluster` it stands for whichever cluster is the primary,
 * so policies, engines and logins are declared on it once and survive every failover.
 */
export class MultiDatacenterTopology extends Construct implements ICluster {
  public readonly clusterName: string;
  public readonly dependables: ITerraformDependable[];
  public readonly deletionProtection: boolean;
  private readonly clusters = new Map<string, Cluster>();

  public constructor(scope: Construct, id: string, props: MultiDatacenterTopologyProps) {
    super(scope, id);
    const standbys = Object.fromEntries(
      Object.entries(props.disasterRecovery ?? {}).map(([datacenter, { name }]) => [datacenter, name]),
    );
    checkTopology({ name: id, primary: props.primary, datacenters: props.datacenters, standbys });
    provideDefault(this, props.operatorFile);
    this.deletionProtection = props.deletionProtection ?? true;
    for (const [name, { platform }] of Object.entries(props.datacenters)) this.addCluster(name, platform, props);
    for (const { name, platform } of Object.values(props.disasterRecovery ?? {}))
      this.addCluster(name, platform, props);
    this.clusterName = id;
    const topology = new Topology(this, "Resource", {
      name: id,
      primary: props.primary,
      clusters: Object.fromEntries(
        Object.entries(props.datacenters).map(([name, { pathsFilter }]) => [name, filterAttribute(pathsFilter)]),
      ),
      disasterRecovery: standbys,
      dependsOn: [...this.clusters.values()].flatMap((cluster) => cluster.dependables),
      ...defined({ allowDataLoss: props.allowDataLoss, deletionProtection: props.deletionProtection }),
    });
    this.dependables = [topology];
    warnOfUnknownMounts(this, id, props.datacenters);
    this.addOutputs();
  }

  /** The cluster of a data center, or a DR secondary. */
  public cluster(name: string): Cluster {
    const cluster = this.clusters.get(name);
    if (cluster !== undefined) return cluster;
    throw new RuleError(
      "topology/no-such-cluster",
      `there is no cluster "${name}": use one of ${[...this.clusters.keys()].join(", ")}`,
    );
  }

  private addCluster(name: string, platform: Platform, props: MultiDatacenterTopologyProps): void {
    const cluster = new Cluster(this, name, {
      clusterName: name,
      platform,
      seal: props.seal ?? Seal.shamir(),
      ...defined({ deletionProtection: props.deletionProtection }),
    });
    this.clusters.set(name, cluster);
  }

  /** What monitors and load balancers need, as `<topology>_<output>`; stable names, since scripts read them. */
  private addOutputs(): void {
    const outputs: [name: string, value: unknown, description: string][] = [
      ["api_addresses", this.byName((cluster) => cluster.apiAddress), "API address of each cluster"],
      [
        "cluster_addresses",
        this.byName((cluster) => cluster.clusterAddress),
        "address that other clusters use, of each cluster",
      ],
      [
        "ca_certificates",
        this.byName((cluster) => cluster.caCertPem),
        "authority of each cluster's API certificate, PEM",
      ],
      [
        "health_check_path",
        healthCheckPath("serving"),
        "path of a load balancer's health check in front of a data center",
      ],
    ];
    for (const [name, value, description] of outputs) {
      new TerraformOutput(this, `${this.clusterName}_${name}`, { value, description, staticId: true });
    }
  }

  private byName(attribute: (cluster: Cluster) => string): { [name: string]: string } {
    return Object.fromEntries([...this.clusters].map(([name, cluster]) => [name, attribute(cluster)]));
  }
}
