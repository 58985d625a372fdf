import { Construct, type IConstruct, type ITerraformDependable } from "../cdk";
import { Cluster as ClusterResource } from "../l1/cluster";
import type { Platform } from "../platforms/platform";
import { defined } from "./defined";
import { requireName } from "./rule-error";
import { Seal } from "./seal";

/** A cluster that resources can live in. */
export interface ICluster extends IConstruct {
  /** Its name for `cluster` of every resource. */
  readonly clusterName: string;
  /** What must be there before the cluster can be used. */
  readonly dependables: ITerraformDependable[];
  /**
   * What is kept in it takes this over unless told otherwise.
   * @default true
   */
  readonly deletionProtection?: boolean;
}

export interface ClusterAttributes {
  /** A key of the provider's `clusters`. */
  readonly clusterName: string;
  /** @default true */
  readonly deletionProtection?: boolean;
}

export interface ClusterProps {
  readonly clusterName: string;
  /** Where its node runs. */
  readonly platform: Platform;
  /**
   * How it is unsealed.
   * @default Seal.shamir()
   */
  readonly seal?: Seal;
  /**
   * While true it can be neither destroyed nor replaced.
   * @default true
   */
  readonly deletionProtection?: boolean;
}

/** A cluster with its node: started, initialised, unsealed, with an administrator whose credentials are in the operator file. */
export class Cluster extends Construct implements ICluster {
  /** A cluster that somebody else made, reached through the provider's `clusters`. */
  public static fromClusterName(scope: Construct, id: string, attributes: ClusterAttributes): ICluster {
    class Imported extends Construct implements ICluster {
      public readonly clusterName = attributes.clusterName;
      public readonly dependables: ITerraformDependable[] = [];
      public readonly deletionProtection = attributes.deletionProtection ?? true;
    }
    return new Imported(scope, id);
  }

  public readonly clusterName: string;
  public readonly dependables: ITerraformDependable[];
  public readonly deletionProtection: boolean;
  /** `https://host:port`. */
  public readonly apiAddress: string;
  /** `https://host:port` for other clusters. */
  public readonly clusterAddress: string;
  /** Authority, in PEM, that signed the API's certificate. */
  public readonly caCertPem: string;

  public constructor(scope: Construct, id: string, props: ClusterProps) {
    super(scope, id);
    requireName("the cluster name", props.clusterName);
    const seal = props.seal ?? Seal.shamir();
    this.deletionProtection = props.deletionProtection ?? true;
    const node = props.platform.provision(this, "Node", {
      nodeName: props.clusterName,
      seal,
      deletionProtection: this.deletionProtection,
    });
    const resource = new ClusterResource(this, "Resource", {
      name: props.clusterName,
      apiAddress: node.apiAddress,
      clusterAddress: node.clusterAddress,
      caCertPem: node.caCertPem,
      secretShares: seal.shares,
      secretThreshold: seal.threshold,
      ...defined({ deletionProtection: props.deletionProtection }),
    });
    this.clusterName = props.clusterName;
    this.apiAddress = node.apiAddress;
    this.clusterAddress = node.clusterAddress;
    this.caCertPem = node.caCertPem;
    this.dependables = [resource];
  }
}
