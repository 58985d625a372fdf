import { Construct, type ITerraformDependable } from "../cdk";
import { ApproleRole } from "../l1/approle-role";
import { AuthMethod } from "../l1/auth-method";
import type { ICluster } from "./cluster";
import { defined } from "./defined";
import type { IGrantee } from "./grantee";
import { grantPolicyName, Policy } from "./policy";

export interface AppRoleAuthProps {
  readonly cluster: ICluster;
  /** @default "approle" */
  readonly path?: string;
  /**
   * While true it can be neither destroyed nor replaced.
   * @default - as the cluster
   */
  readonly deletionProtection?: boolean;
}

export interface AppRoleProps {
  readonly roleName: string;
  /**
   * How often one secret id may log in, counted over all clusters of the set; 0: as often as it likes.
   * @default 0
   */
  readonly secretIdUses?: number;
  /** @default - the mount's */
  readonly tokenTtlSeconds?: number;
}

/** A role that programs log in with. */
export interface IAppRole extends IGrantee {
  /** Known after apply. */
  readonly roleId: string;
}

/** Logins of programs with a role id and a secret id. */
export class AppRoleAuth extends Construct {
  public readonly path: string;
  private readonly cluster: ICluster;
  private readonly dependables: ITerraformDependable[];

  public constructor(scope: Construct, id: string, props: AppRoleAuthProps) {
    super(scope, id);
    this.cluster = props.cluster;
    this.path = props.path ?? "approle";
    const method = new AuthMethod(this, "Resource", {
      cluster: props.cluster.clusterName,
      path: this.path,
      type: "approle",
      dependsOn: props.cluster.dependables,
      ...defined({ deletionProtection: props.deletionProtection ?? props.cluster.deletionProtection }),
    });
    this.dependables = [method];
  }

  public addRole(id: string, props: AppRoleProps): IAppRole {
    return new AppRole(this, id, this.cluster, this.path, this.dependables, props);
  }
}

class AppRole extends Construct implements IAppRole {
  public readonly grantPolicy: Policy;
  public readonly roleId: string;

  public constructor(
    scope: Construct,
    id: string,
    cluster: ICluster,
    mount: string,
    dependables: ITerraformDependable[],
    props: AppRoleProps,
  ) {
    super(scope, id);
    this.grantPolicy = new Policy(this, "Grants", { cluster, policyName: grantPolicyName(mount, props.roleName) });
    const role = new ApproleRole(this, "Resource", {
      cluster: cluster.clusterName,
      mount,
      name: props.roleName,
      tokenPolicies: [this.grantPolicy.policyName],
      dependsOn: dependables,
      ...defined({ secretIdNumUses: props.secretIdUses, tokenTtlSeconds: props.tokenTtlSeconds }),
    });
    this.roleId = role.roleId;
  }
}
