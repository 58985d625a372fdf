import { Construct, type ITerraformDependable } from "../cdk";
import { KvSecret as KvSecretResource } from "../l1/kv-secret";
import { SecretsEngine } from "../l1/secrets-engine";
import type { ICluster } from "./cluster";
import type { IGrantee } from "./grantee";
import type { SecretValue } from "./secret-value";

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
   * @default true
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

/** A key-value engine, version 2. */
export class KvEngine extends Construct {
  /** With a slash at the end, as path filters name it. */
  public readonly mountPath: string;
  public readonly dependables: ITerraformDependable[];
  private readonly cluster: ICluster;
  private readonly path: string;

  public constructor(scope: Construct, id: string, props: KvEngineProps) {
    super(scope, id);
    this.cluster = props.cluster;
    this.path = props.path ?? "secret";
    this.mountPath = `${this.path}/`;
    const engine = new SecretsEngine(this, "Resource", {
      cluster: props.cluster.clusterName,
      path: this.path,
      type: "kv",
      options: { version: "2" },
      dependsOn: props.cluster.dependables,
      ...(props.description === undefined ? {} : { description: props.description }),
      ...(props.local === undefined ? {} : { local: props.local }),
      ...(props.deletionProtection === undefined ? {} : { deletionProtection: props.deletionProtection }),
    });
    this.dependables = [engine];
  }

  /** Writes a secret whose values Terraform neither plans nor keeps. */
  public addSecret(id: string, props: KvSecretProps): void {
    new KvSecretResource(this, id, {
      cluster: this.cluster.clusterName,
      mount: this.path,
      name: props.secretName,
      dataWo: Object.fromEntries(Object.entries(props.data).map(([key, value]) => [key, value.expression])),
      dataWoVersion: props.dataVersion ?? 1,
      deleteAllVersions: true,
      dependsOn: this.dependables,
    });
  }

  /** Lets somebody read secrets under `prefix` (all of them where it is left out). */
  public grantRead(grantee: IGrantee, prefix: string = ""): void {
    grantee.grantPolicy.allow(`${this.path}/data/${prefix}*`, ["read"]);
    grantee.grantPolicy.allow(`${this.path}/metadata/${prefix}*`, ["list", "read"]);
  }

  /** Lets somebody read and write secrets under `prefix`. */
  public grantReadWrite(grantee: IGrantee, prefix: string = ""): void {
    this.grantRead(grantee, prefix);
    grantee.grantPolicy.allow(`${this.path}/data/${prefix}*`, ["create", "update", "delete"]);
  }
}
