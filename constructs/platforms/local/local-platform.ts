import { join, resolve } from "node:path";
import type { Construct } from "../../cdk";
import { Node } from "../../l1/node";
import { defined } from "../../l2/defined";
import type { INodePlatform, NodeRequest, ProvisionedNode } from "../node-platform";

export interface LocalPlatformProps {
  /**
   * Directory under which every node gets one of its own: configuration, certificates, log and data.
   * @default ".meridian/nodes" in the directory of the program
   */
  readonly directory?: string;
  /**
   * Path of `meridian-server`.
   * @default - found by the provider: MERIDIAN_SERVER, beside it, or on the PATH
   */
  readonly serverExecutable?: string;
  /**
   * How much the servers log.
   * @default "info"
   */
  readonly logLevel?: string;
}

/** Server processes on this machine, on loopback, each with its own directory, ports and TLS certificate. */
export class LocalPlatform implements INodePlatform {
  private readonly directory: string;

  public constructor(private readonly props: LocalPlatformProps) {
    // Terraform runs in a directory of the framework's choice, so a relative path would not mean what the program meant.
    this.directory = resolve(props.directory ?? join(".meridian", "nodes"));
  }

  public provision(scope: Construct, id: string, request: NodeRequest): ProvisionedNode {
    const { serverExecutable, logLevel } = this.props;
    const node = new Node(scope, id, {
      name: request.nodeName,
      directory: join(this.directory, request.nodeName),
      seal: request.seal.kind,
      // Destroying protected clusters keeps their data; the others are meant to go without a trace.
      deleteData: !request.deletionProtection,
      ...defined({ serverExecutable, logLevel }),
    });
    return { apiAddress: node.apiAddress, clusterAddress: node.clusterAddress, caCertPem: node.caCertPem };
  }
}
