import type { Construct } from "../cdk";
import type { Seal } from "../l2/seal";

export interface NodeRequest {
  readonly nodeName: string;
  readonly seal: Seal;
  readonly deletionProtection: boolean;
}

/** Addresses as tokens: known once the node runs. */
export interface ProvisionedNode {
  readonly apiAddress: string;
  readonly clusterAddress: string;
  readonly caCertPem: string;
}

/** A place that can run nodes. */
export interface INodePlatform {
  provision(scope: Construct, id: string, request: NodeRequest): ProvisionedNode;
}
