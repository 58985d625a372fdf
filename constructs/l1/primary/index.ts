// https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary
// generated from terraform resource schema

import { Construct } from 'constructs';
import * as cdktf from 'cdktf';

// Configuration

export interface PrimaryConfig extends cdktf.TerraformMetaArguments {
  /**
  * Which cluster: a key of the provider's `clusters`, the name of a `meridian_cluster`, or the name of a `meridian_topology`, which stands for whichever cluster is its primary at the moment. May be left out when the provider knows exactly one cluster.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary#cluster Primary#cluster}
  */
  readonly cluster?: string;
  /**
  * `https://host:port` that secondaries dial. Absent: that of the `meridian_cluster`, else what the server announces.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary#cluster_address Primary#cluster_address}
  */
  readonly clusterAddress?: string;
  /**
  * While true, this resource can be neither destroyed nor replaced. Set it to false and apply before destroying: data is lost then.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary#deletion_protection Primary#deletion_protection}
  */
  readonly deletionProtection?: boolean | cdktf.IResolvable;
  /**
  * Primary for DR secondaries.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary#disaster_recovery Primary#disaster_recovery}
  */
  readonly disasterRecovery?: boolean | cdktf.IResolvable;
  /**
  * Primary for performance secondaries.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary#performance Primary#performance}
  */
  readonly performance?: boolean | cdktf.IResolvable;
  /**
  * How long each operation may take, as a duration such as `90s`, `30m` or `1h30m`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary#timeouts Primary#timeouts}
  */
  readonly timeouts?: PrimaryTimeouts;
}
export interface PrimaryTimeouts {
  /**
  * Limit for creating.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary#create Primary#create}
  */
  readonly create?: string;
  /**
  * Limit for deleting.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary#delete Primary#delete}
  */
  readonly delete?: string;
  /**
  * Limit for reading.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary#read Primary#read}
  */
  readonly read?: string;
  /**
  * Limit for updating.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary#update Primary#update}
  */
  readonly update?: string;
}

export function primaryTimeoutsToTerraform(struct?: PrimaryTimeouts | cdktf.IResolvable): any {
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


export function primaryTimeoutsToHclTerraform(struct?: PrimaryTimeouts | cdktf.IResolvable): any {
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

export class PrimaryTimeoutsOutputReference extends cdktf.ComplexObject {
  private isEmptyObject = false;
  private resolvableValue?: cdktf.IResolvable;

  /**
  * @param terraformResource The parent resource
  * @param terraformAttribute The attribute on the parent resource this class is referencing
  */
  public constructor(terraformResource: cdktf.IInterpolatingParent, terraformAttribute: string) {
    super(terraformResource, terraformAttribute, false);
  }

  public get internalValue(): PrimaryTimeouts | cdktf.IResolvable | undefined {
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

  public set internalValue(value: PrimaryTimeouts | cdktf.IResolvable | undefined) {
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
* Represents a {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary meridian_primary}
*/
export class Primary extends cdktf.TerraformResource {

  // =================
  // STATIC PROPERTIES
  // =================
  public static readonly tfResourceType = "meridian_primary";

  // ==============
  // STATIC Methods
  // ==============
  /**
  * Generates CDKTF code for importing a Primary resource upon running "cdktf plan <stack-name>"
  * @param scope The scope in which to define this construct
  * @param importToId The construct id used in the generated config for the Primary to import
  * @param importFromId The id of the existing Primary that should be imported. Refer to the {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary#import import section} in the documentation of this resource for the id to use
  * @param provider? Optional instance of the provider where the Primary to import is found
  */
  public static generateConfigForImport(scope: Construct, importToId: string, importFromId: string, provider?: cdktf.TerraformProvider) {
        return new cdktf.ImportableResource(scope, importToId, { terraformResourceType: "meridian_primary", importId: importFromId, provider });
      }

  // ===========
  // INITIALIZER
  // ===========

  /**
  * Create a new {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/primary meridian_primary} Resource
  *
  * @param scope The scope in which to define this construct
  * @param id The scoped construct ID. Must be unique amongst siblings in the same scope
  * @param options PrimaryConfig = {}
  */
  public constructor(scope: Construct, id: string, config: PrimaryConfig = {}) {
    super(scope, id, {
      terraformResourceType: 'meridian_primary',
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
    this._cluster = config.cluster;
    this._clusterAddress = config.clusterAddress;
    this._deletionProtection = config.deletionProtection;
    this._disasterRecovery = config.disasterRecovery;
    this._performance = config.performance;
    this._timeouts.internalValue = config.timeouts;
  }

  // ==========
  // ATTRIBUTES
  // ==========

  // cluster - computed: false, optional: true, required: false
  private _cluster?: string; 
  public get cluster() {
    return this.getStringAttribute('cluster');
  }
  public set cluster(value: string) {
    this._cluster = value;
  }
  public resetCluster() {
    this._cluster = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get clusterInput() {
    return this._cluster;
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

  // disaster_recovery - computed: true, optional: true, required: false
  private _disasterRecovery?: boolean | cdktf.IResolvable; 
  public get disasterRecovery() {
    return this.getBooleanAttribute('disaster_recovery');
  }
  public set disasterRecovery(value: boolean | cdktf.IResolvable) {
    this._disasterRecovery = value;
  }
  public resetDisasterRecovery() {
    this._disasterRecovery = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get disasterRecoveryInput() {
    return this._disasterRecovery;
  }

  // dr_mode - computed: true, optional: false, required: false
  public get drMode() {
    return this.getStringAttribute('dr_mode');
  }

  // dr_set_id - computed: true, optional: false, required: false
  public get drSetId() {
    return this.getStringAttribute('dr_set_id');
  }

  // id - computed: true, optional: false, required: false
  public get id() {
    return this.getStringAttribute('id');
  }

  // performance - computed: true, optional: true, required: false
  private _performance?: boolean | cdktf.IResolvable; 
  public get performance() {
    return this.getBooleanAttribute('performance');
  }
  public set performance(value: boolean | cdktf.IResolvable) {
    this._performance = value;
  }
  public resetPerformance() {
    this._performance = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get performanceInput() {
    return this._performance;
  }

  // performance_mode - computed: true, optional: false, required: false
  public get performanceMode() {
    return this.getStringAttribute('performance_mode');
  }

  // performance_set_id - computed: true, optional: false, required: false
  public get performanceSetId() {
    return this.getStringAttribute('performance_set_id');
  }

  // timeouts - computed: false, optional: true, required: false
  private _timeouts = new PrimaryTimeoutsOutputReference(this, "timeouts");
  public get timeouts() {
    return this._timeouts;
  }
  public putTimeouts(value: PrimaryTimeouts) {
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
      cluster: cdktf.stringToTerraform(this._cluster),
      cluster_address: cdktf.stringToTerraform(this._clusterAddress),
      deletion_protection: cdktf.booleanToTerraform(this._deletionProtection),
      disaster_recovery: cdktf.booleanToTerraform(this._disasterRecovery),
      performance: cdktf.booleanToTerraform(this._performance),
      timeouts: primaryTimeoutsToTerraform(this._timeouts.internalValue),
    };
  }

  protected synthesizeHclAttributes(): { [name: string]: any } {
    const attrs = {
      cluster: {
        value: cdktf.stringToHclTerraform(this._cluster),
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
      disaster_recovery: {
        value: cdktf.booleanToHclTerraform(this._disasterRecovery),
        isBlock: false,
        type: "simple",
        storageClassType: "boolean",
      },
      performance: {
        value: cdktf.booleanToHclTerraform(this._performance),
        isBlock: false,
        type: "simple",
        storageClassType: "boolean",
      },
      timeouts: {
        value: primaryTimeoutsToHclTerraform(this._timeouts.internalValue),
        isBlock: true,
        type: "struct",
        storageClassType: "PrimaryTimeouts",
      },
    };

    // remove undefined attributes
    return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined ))
  }
}
