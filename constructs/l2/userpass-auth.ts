import { Construct, type ITerraformDependable } from "../cdk";
import { AuthMethod } from "../l1/auth-method";
import { UserpassUser as UserpassUserResource } from "../l1/userpass-user";
import type { ICluster } from "./cluster";
import { defined } from "./defined";
import type { IGrantee } from "./grantee";
import { grantPolicyName, Policy } from "./policy";
import { type SecretValue, secretExpression } from "./secret-value";

export interface UserpassAuthProps {
  readonly cluster: ICluster;
  /** @default "userpass" */
  readonly path?: string;
  /**
   * While true it can be neither destroyed nor replaced.
   * @default - as the cluster
   */
  readonly deletionProtection?: boolean;
}

export interface UserProps {
  readonly username: string;
  readonly password: SecretValue;
  /**
   * Change it together with the password.
   * @default 1
   */
  readonly passwordVersion?: number;
}

/** Logins with user name and password. */
export class UserpassAuth extends Construct {
  public readonly path: string;
  private readonly cluster: ICluster;
  private readonly dependables: ITerraformDependable[];

  public constructor(scope: Construct, id: string, props: UserpassAuthProps) {
    super(scope, id);
    this.cluster = props.cluster;
    this.path = props.path ?? "userpass";
    const method = new AuthMethod(this, "Resource", {
      cluster: props.cluster.clusterName,
      path: this.path,
      type: "userpass",
      dependsOn: props.cluster.dependables,
      ...defined({ deletionProtection: props.deletionProtection ?? props.cluster.deletionProtection }),
    });
    this.dependables = [method];
  }

  public addUser(id: string, props: UserProps): IGrantee {
    return new User(this, id, this.cluster, this.path, this.dependables, props);
  }
}

class User extends Construct implements IGrantee {
  public readonly grantPolicy: Policy;

  public constructor(
    scope: Construct,
    id: string,
    cluster: ICluster,
    mount: string,
    dependables: ITerraformDependable[],
    props: UserProps,
  ) {
    super(scope, id);
    this.grantPolicy = new Policy(this, "Grants", { cluster, policyName: grantPolicyName(mount, props.username) });
    new UserpassUserResource(this, "Resource", {
      cluster: cluster.clusterName,
      mount,
      username: props.username,
      passwordWo: secretExpression(props.password),
      passwordWoVersion: props.passwordVersion ?? 1,
      tokenPolicies: [this.grantPolicy.policyName],
      dependsOn: dependables,
    });
  }
}
