import { Construct, type IConstruct, type ITerraformDependable } from "../cdk";
import { KvSecret as KvSecretResource } from "../l1/kv-secret";
import { SecretsEngine } from "../l1/secrets-engine";
import type { ICluster } from "./cluster";
import { defined } from "./defined";
import { grantPaths } from "./grant-path";
import type { IGrantee } from "./grantee";
import { type SecretValue, secretExpressions } from "./secret-value";

export interface KvEngineProps {
  readonly cluster: ICluster;
  /**
   * Mount path without slashes at its ends.
   * @default "secret"
   */
  readonly path?: string;
  readonly description?: string;
  /**
   * Kept inside one cluster and shipped to its DR secondary only.
   * @default false
   */
  readonly local?: boolean;
  /**
   * While true it can be neither destroyed nor replaced.
   * @default - as the cluster
   */
  readonly deletionProtection?: boolean;
}

export interface KvSecretProps {
  readonly secretName: string;
  /** Values by key. */
  readonly data: { [key: string]: SecretValue };
  /**
   * Change it to write the values again: Terraform cannot see a change in what it does not keep.
   * @default 1
   */
  readonly dataVersion?: number;
}

/** One secret of an engine. */
export interface IKvSecret extends IConstruct {
  readonly secretName: string;
  /** Lets somebody read this secret, and what is below its name. */
  grantRead(grantee: IGrantee): void;
}

/** A key-value engine, version 2. */
export class KvEngine extends Construct {
  /** With a slash at the end, as path filters name it. */
  public readonly mountPath: string;
  public readonly dependables: ITerraformDependable[];
  private readonly cluster: ICluster;
  private readonly path: string;
  private readonly deletionProtection: boolean;

  public constructor(scope: Construct, id: string, props: KvEngineProps) {
    super(scope, id);
    this.cluster = props.cluster;
    this.deletionProtection = props.deletionProtection ?? props.cluster.deletionProtection ?? true;
    this.path = props.path ?? "secret";
    this.mountPath = `${this.path}/`;
    const engine = new SecretsEngine(this, "Resource", {
      cluster: props.cluster.clusterName,
      path: this.path,
      type: "kv",
      options: { version: "2" },
      dependsOn: props.cluster.dependables,
      ...defined({
        description: props.description,
        local: props.local,
      }),
      deletionProtection: this.deletionProtection,
    });
    this.dependables = [engine];
  }

  /**
   * Writes a secret whose values Terraform neither plans nor keeps. Removed from the program its present version is deleted and
   * can be undeleted; in an engine without deletion protection all versions are deleted for good.
   */
  public addSecret(id: string, props: KvSecretProps): IKvSecret {
    return new KvSecret(this, id, this.cluster, this, props, !this.deletionProtection);
  }

  /** Lets somebody read a secret and what is below its name, everything below a name with a slash at its end, or all. */
  public grantRead(grantee: IGrantee, secretName: string = ""): void {
    this.grant(grantee, "data", secretName, ["read"]);
    this.grant(grantee, "metadata", secretName, ["list", "read"]);
  }

  /** Lets somebody read, write and delete; `secretName` as for `grantRead`. */
  public grantReadWrite(grantee: IGrantee, secretName: string = ""): void {
    this.grantRead(grantee, secretName);
    this.grant(grantee, "data", secretName, ["create", "update", "patch", "delete"]);
  }

  private grant(grantee: IGrantee, part: string, secretName: string, capabilities: string[]): void {
    for (const path of grantPaths(`${this.path}/${part}`, secretName)) grantee.grantPolicy.allow(path, capabilities);
  }
}

class KvSecret extends Construct implements IKvSecret {
  public readonly secretName: string;

  public constructor(
    scope: Construct,
    id: string,
    cluster: ICluster,
    private readonly engine: KvEngine,
    props: KvSecretProps,
    deleteAllVersions: boolean,
  ) {
    super(scope, id);
    this.secretName = props.secretName;
    new KvSecretResource(this, "Resource", {
      cluster: cluster.clusterName,
      mount: engine.mountPath.slice(0, -1),
      name: props.secretName,
      dataWo: secretExpressions(props.data),
      dataWoVersion: props.dataVersion ?? 1,
      // Else a secret that is removed from the program by mistake can be undeleted.
      deleteAllVersions,
      dependsOn: engine.dependables,
    });
  }

  public grantRead(grantee: IGrantee): void {
    this.engine.grantRead(grantee, this.secretName);
  }
}
