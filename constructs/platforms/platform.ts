import type { Construct } from "../cdk";
import { LocalPlatform, type LocalPlatformProps } from "./local/local-platform";
import type { INodePlatform, NodeRequest, ProvisionedNode } from "./node-platform";

/** Where nodes run. */
export class Platform implements INodePlatform {
  /** Processes on this machine: the same topology on a laptop. */
  public static local(props: LocalPlatformProps = {}): Platform {
    return new Platform(new LocalPlatform(props));
  }

  private constructor(private readonly platform: INodePlatform) {}

  /** Makes a node there. */
  public provision(scope: Construct, id: string, request: NodeRequest): ProvisionedNode {
    return this.platform.provision(scope, id, request);
  }
}
