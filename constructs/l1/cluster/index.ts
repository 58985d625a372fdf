// https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster
// generated from terraform resource schema

import { Construct } from 'constructs';
import * as cdktf from 'cdktf';

// Configuration

export interface ClusterConfig extends cdktf.TerraformMetaArguments {
  /**
  * `https://host:port` of the API. Absent: that of the provider's `clusters` entry of this name.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#api_address Cluster#api_address}
  */
  readonly apiAddress?: string;
  /**
  * Certificate authority, in PEM, that the API's certificate must come from. Absent: the system's authorities.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#ca_cert_pem Cluster#ca_cert_pem}
  */
  readonly caCertPem?: string;
  /**
  * `https://host:port` that other clusters use to follow this one. Absent: what the server itself announces.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#cluster_address Cluster#cluster_address}
  */
  readonly clusterAddress?: string;
  /**
  * While true, this resource can be neither destroyed nor replaced. Set it to false and apply before destroying: data is lost then.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#deletion_protection Cluster#deletion_protection}
  */
  readonly deletionProtection?: boolean | cdktf.IResolvable;
  /**
  * Name by which other resources refer to the cluster.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#name Cluster#name}
  */
  readonly name: string;
  /**
  * Into how many shares the unseal key (with an automatic seal: the recovery key) is split.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#secret_shares Cluster#secret_shares}
  */
  readonly secretShares?: number;
  /**
  * How many shares are needed.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#secret_threshold Cluster#secret_threshold}
  */
  readonly secretThreshold?: number;
  /**
  * How long each operation may take, as a duration such as `90s`, `30m` or `1h30m`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#timeouts Cluster#timeouts}
  */
  readonly timeouts?: ClusterTimeouts;
}
export interface ClusterTimeouts {
  /**
  * Limit for creating.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#create Cluster#create}
  */
  readonly create?: string;
  /**
  * Limit for deleting.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#delete Cluster#delete}
  */
  readonly delete?: string;
  /**
  * Limit for reading.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#read Cluster#read}
  */
  readonly read?: string;
  /**
  * Limit for updating.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#update Cluster#update}
  */
  readonly update?: string;
}

export function clusterTimeoutsToTerraform(struct?: ClusterTimeouts | cdktf.IResolvable): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  return {
    create: cdktf.stringToTerraform(struct!.create),
    delete: cdktf.stringToTerraform(struct!.delete),
    read: cdktf.stringToTerraform(struct!.read),
    update: cdktf.stringToTerraform(struct!.update),
  }
}


export function clusterTimeoutsToHclTerraform(struct?: ClusterTimeouts | cdktf.IResolvable): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  const attrs = {
    create: {
      value: cdktf.stringToHclTerraform(struct!.create),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
    delete: {
      value: cdktf.stringToHclTerraform(struct!.delete),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
    read: {
      value: cdktf.stringToHclTerraform(struct!.read),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
    update: {
      value: cdktf.stringToHclTerraform(struct!.update),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
  };

  // remove undefined attributes
  return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined));
}

export class ClusterTimeoutsOutputReference extends cdktf.ComplexObject {
  private isEmptyObject = false;
  private resolvableValue?: cdktf.IResolvable;

  /**
  * @param terraformResource The parent resource
  * @param terraformAttribute The attribute on the parent resource this class is referencing
  */
  public constructor(terraformResource: cdktf.IInterpolatingParent, terraformAttribute: string) {
    super(terraformResource, terraformAttribute, false);
  }

  public get internalValue(): ClusterTimeouts | cdktf.IResolvable | undefined {
    if (this.resolvableValue) {
      return this.resolvableValue;
    }
    let hasAnyValues = this.isEmptyObject;
    const internalValueResult: any = {};
    if (this._create !== undefined) {
      hasAnyValues = true;
      internalValueResult.create = this._create;
    }
    if (this._delete !== undefined) {
      hasAnyValues = true;
      internalValueResult.delete = this._delete;
    }
    if (this._read !== undefined) {
      hasAnyValues = true;
      internalValueResult.read = this._read;
    }
    if (this._update !== undefined) {
      hasAnyValues = true;
      internalValueResult.update = this._update;
    }
    return hasAnyValues ? internalValueResult : undefined;
  }

  public set internalValue(value: ClusterTimeouts | cdktf.IResolvable | undefined) {
    if (value === undefined) {
      this.isEmptyObject = false;
      this.resolvableValue = undefined;
      this._create = undefined;
      this._delete = undefined;
      this._read = undefined;
      this._update = undefined;
    }
    else if (cdktf.Tokenization.isResolvable(value)) {
      this.isEmptyObject = false;
      this.resolvableValue = value;
    }
    else {
      this.isEmptyObject = Object.keys(value).length === 0;
      this.resolvableValue = undefined;
      this._create = value.create;
      this._delete = value.delete;
      this._read = value.read;
      this._update = value.update;
    }
  }

  // create - computed: false, optional: true, required: false
  private _create?: string; 
  public get create() {
    return this.getStringAttribute('create');
  }
  public set create(value: string) {
    this._create = value;
  }
  public resetCreate() {
    this._create = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get createInput() {
    return this._create;
  }

  // delete - computed: false, optional: true, required: false
  private _delete?: string; 
  public get delete() {
    return this.getStringAttribute('delete');
  }
  public set delete(value: string) {
    this._delete = value;
  }
  public resetDelete() {
    this._delete = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get deleteInput() {
    return this._delete;
  }

  // read - computed: false, optional: true, required: false
  private _read?: string; 
  public get read() {
    return this.getStringAttribute('read');
  }
  public set read(value: string) {
    this._read = value;
  }
  public resetRead() {
    this._read = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get readInput() {
    return this._read;
  }

  // update - computed: false, optional: true, required: false
  private _update?: string; 
  public get update() {
    return this.getStringAttribute('update');
  }
  public set update(value: string) {
    this._update = value;
  }
  public resetUpdate() {
    this._update = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get updateInput() {
    return this._update;
  }
}

/**
* Represents a {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster meridian_cluster}
*/
export class Cluster extends cdktf.TerraformResource {

  // =================
  // STATIC PROPERTIES
  // =================
  public static readonly tfResourceType = "meridian_cluster";

  // ==============
  // STATIC Methods
  // ==============
  /**
  * Generates CDKTF code for importing a Cluster resource upon running "cdktf plan <stack-name>"
  * @param scope The scope in which to define this construct
  * @param importToId The construct id used in the generated config for the Cluster to import
  * @param importFromId The id of the existing Cluster that should be imported. Refer to the {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster#import import section} in the documentation of this resource for the id to use
  * @param provider? Optional instance of the provider where the Cluster to import is found
  */
  public static generateConfigForImport(scope: Construct, importToId: string, importFromId: string, provider?: cdktf.TerraformProvider) {
        return new cdktf.ImportableResource(scope, importToId, { terraformResourceType: "meridian_cluster", importId: importFromId, provider });
      }

  // ===========
  // INITIALIZER
  // ===========

  /**
  * Create a new {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/cluster meridian_cluster} Resource
  *
  * @param scope The scope in which to define this construct
  * @param id The scoped construct ID. Must be unique amongst siblings in the same scope
  * @param options ClusterConfig
  */
  public constructor(scope: Construct, id: string, config: ClusterConfig) {
    super(scope, id, {
      terraformResourceType: 'meridian_cluster',
      terraformGeneratorMetadata: {
        providerName: 'meridian',
        providerVersion: '0.1.0'
      },
      provider: config.provider,
      dependsOn: config.dependsOn,
      count: config.count,
      lifecycle: config.lifecycle,
      provisioners: config.provisioners,
      connection: config.connection,
      forEach: config.forEach
    });
    this._apiAddress = config.apiAddress;
    this._caCertPem = config.caCertPem;
    this._clusterAddress = config.clusterAddress;
    this._deletionProtection = config.deletionProtection;
    this._name = config.name;
    this._secretShares = config.secretShares;
    this._secretThreshold = config.secretThreshold;
    this._timeouts.internalValue = config.timeouts;
  }

  // ==========
  // ATTRIBUTES
  // ==========

  // api_address - computed: false, optional: true, required: false
  private _apiAddress?: string; 
  public get apiAddress() {
    return this.getStringAttribute('api_address');
  }
  public set apiAddress(value: string) {
    this._apiAddress = value;
  }
  public resetApiAddress() {
    this._apiAddress = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get apiAddressInput() {
    return this._apiAddress;
  }

  // ca_cert_pem - computed: false, optional: true, required: false
  private _caCertPem?: string; 
  public get caCertPem() {
    return this.getStringAttribute('ca_cert_pem');
  }
  public set caCertPem(value: string) {
    this._caCertPem = value;
  }
  public resetCaCertPem() {
    this._caCertPem = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get caCertPemInput() {
    return this._caCertPem;
  }

  // cluster_address - computed: false, optional: true, required: false
  private _clusterAddress?: string; 
  public get clusterAddress() {
    return this.getStringAttribute('cluster_address');
  }
  public set clusterAddress(value: string) {
    this._clusterAddress = value;
  }
  public resetClusterAddress() {
    this._clusterAddress = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get clusterAddressInput() {
    return this._clusterAddress;
  }

  // cluster_id - computed: true, optional: false, required: false
  public get clusterId() {
    return this.getStringAttribute('cluster_id');
  }

  // deletion_protection - computed: true, optional: true, required: false
  private _deletionProtection?: boolean | cdktf.IResolvable; 
  public get deletionProtection() {
    return this.getBooleanAttribute('deletion_protection');
  }
  public set deletionProtection(value: boolean | cdktf.IResolvable) {
    this._deletionProtection = value;
  }
  public resetDeletionProtection() {
    this._deletionProtection = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get deletionProtectionInput() {
    return this._deletionProtection;
  }

  // id - computed: true, optional: false, required: false
  public get id() {
    return this.getStringAttribute('id');
  }

  // name - computed: false, optional: false, required: true
  private _name?: string; 
  public get name() {
    return this.getStringAttribute('name');
  }
  public set name(value: string) {
    this._name = value;
  }
  // Temporarily expose input value. Use with caution.
  public get nameInput() {
    return this._name;
  }

  // recipient_fingerprint - computed: true, optional: false, required: false
  public get recipientFingerprint() {
    return this.getStringAttribute('recipient_fingerprint');
  }

  // seal_type - computed: true, optional: false, required: false
  public get sealType() {
    return this.getStringAttribute('seal_type');
  }

  // sealed - computed: true, optional: false, required: false
  public get sealed() {
    return this.getBooleanAttribute('sealed');
  }

  // secret_shares - computed: true, optional: true, required: false
  private _secretShares?: number; 
  public get secretShares() {
    return this.getNumberAttribute('secret_shares');
  }
  public set secretShares(value: number) {
    this._secretShares = value;
  }
  public resetSecretShares() {
    this._secretShares = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get secretSharesInput() {
    return this._secretShares;
  }

  // secret_threshold - computed: true, optional: true, required: false
  private _secretThreshold?: number; 
  public get secretThreshold() {
    return this.getNumberAttribute('secret_threshold');
  }
  public set secretThreshold(value: number) {
    this._secretThreshold = value;
  }
  public resetSecretThreshold() {
    this._secretThreshold = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get secretThresholdInput() {
    return this._secretThreshold;
  }

  // timeouts - computed: false, optional: true, required: false
  private _timeouts = new ClusterTimeoutsOutputReference(this, "timeouts");
  public get timeouts() {
    return this._timeouts;
  }
  public putTimeouts(value: ClusterTimeouts) {
    this._timeouts.internalValue = value;
  }
  public resetTimeouts() {
    this._timeouts.internalValue = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get timeoutsInput() {
    return this._timeouts.internalValue;
  }

  // =========
  // SYNTHESIS
  // =========

  protected synthesizeAttributes(): { [name: string]: any } {
    return {
      api_address: cdktf.stringToTerraform(this._apiAddress),
      ca_cert_pem: cdktf.stringToTerraform(this._caCertPem),
      cluster_address: cdktf.stringToTerraform(this._clusterAddress),
      deletion_protection: cdktf.booleanToTerraform(this._deletionProtection),
      name: cdktf.stringToTerraform(this._name),
      secret_shares: cdktf.numberToTerraform(this._secretShares),
      secret_threshold: cdktf.numberToTerraform(this._secretThreshold),
      timeouts: clusterTimeoutsToTerraform(this._timeouts.internalValue),
    };
  }

  protected synthesizeHclAttributes(): { [name: string]: any } {
    const attrs = {
      api_address: {
        value: cdktf.stringToHclTerraform(this._apiAddress),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      ca_cert_pem: {
        value: cdktf.stringToHclTerraform(this._caCertPem),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      cluster_address: {
        value: cdktf.stringToHclTerraform(this._clusterAddress),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      deletion_protection: {
        value: cdktf.booleanToHclTerraform(this._deletionProtection),
        isBlock: false,
        type: "simple",
        storageClassType: "boolean",
      },
      name: {
        value: cdktf.stringToHclTerraform(this._name),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      secret_shares: {
        value: cdktf.numberToHclTerraform(this._secretShares),
        isBlock: false,
        type: "simple",
        storageClassType: "number",
      },
      secret_threshold: {
        value: cdktf.numberToHclTerraform(this._secretThreshold),
        isBlock: false,
        type: "simple",
        storageClassType: "number",
      },
      timeouts: {
        value: clusterTimeoutsToHclTerraform(this._timeouts.internalValue),
        isBlock: true,
        type: "struct",
        storageClassType: "ClusterTimeouts",
      },
    };

    // remove undefined attributes
    return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined ))
  }
}
