// https://meridian.dev/providers/meridian/meridian/0.1.0/docs/data-sources/replication_status
// generated from terraform resource schema

import { Construct } from 'constructs';
import * as cdktf from 'cdktf';

// Configuration

export interface DataMeridianReplicationStatusConfig extends cdktf.TerraformMetaArguments {
  /**
  * Which cluster: a key of the provider's `clusters`, the name of a `meridian_cluster`, or the name of a `meridian_topology`, which stands for whichever cluster is its primary at the moment. May be left out when the provider knows exactly one cluster.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/data-sources/replication_status#cluster DataMeridianReplicationStatus#cluster}
  */
  readonly cluster?: string;
}
export interface DataMeridianReplicationStatusDr {
}

export function dataMeridianReplicationStatusDrToTerraform(struct?: DataMeridianReplicationStatusDr): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  return {
  }
}


export function dataMeridianReplicationStatusDrToHclTerraform(struct?: DataMeridianReplicationStatusDr): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  const attrs = {
  };
  return attrs;
}

export class DataMeridianReplicationStatusDrOutputReference extends cdktf.ComplexObject {
  private isEmptyObject = false;

  /**
  * @param terraformResource The parent resource
  * @param terraformAttribute The attribute on the parent resource this class is referencing
  */
  public constructor(terraformResource: cdktf.IInterpolatingParent, terraformAttribute: string) {
    super(terraformResource, terraformAttribute, false);
  }

  public get internalValue(): DataMeridianReplicationStatusDr | undefined {
    let hasAnyValues = this.isEmptyObject;
    const internalValueResult: any = {};
    return hasAnyValues ? internalValueResult : undefined;
  }

  public set internalValue(value: DataMeridianReplicationStatusDr | undefined) {
    if (value === undefined) {
      this.isEmptyObject = false;
    }
    else {
      this.isEmptyObject = Object.keys(value).length === 0;
    }
  }

  // connection_state - computed: true, optional: false, required: false
  public get connectionState() {
    return this.getStringAttribute('connection_state');
  }

  // known_secondaries - computed: true, optional: false, required: false
  public get knownSecondaries() {
    return this.getListAttribute('known_secondaries');
  }

  // last_remote_wal - computed: true, optional: false, required: false
  public get lastRemoteWal() {
    return this.getNumberAttribute('last_remote_wal');
  }

  // last_wal - computed: true, optional: false, required: false
  public get lastWal() {
    return this.getNumberAttribute('last_wal');
  }

  // merkle_root - computed: true, optional: false, required: false
  public get merkleRoot() {
    return this.getStringAttribute('merkle_root');
  }

  // mode - computed: true, optional: false, required: false
  public get mode() {
    return this.getStringAttribute('mode');
  }

  // primary_cluster_address - computed: true, optional: false, required: false
  public get primaryClusterAddress() {
    return this.getStringAttribute('primary_cluster_address');
  }

  // secondary_id - computed: true, optional: false, required: false
  public get secondaryId() {
    return this.getStringAttribute('secondary_id');
  }

  // set_id - computed: true, optional: false, required: false
  public get setId() {
    return this.getStringAttribute('set_id');
  }

  // state - computed: true, optional: false, required: false
  public get state() {
    return this.getStringAttribute('state');
  }
}
export interface DataMeridianReplicationStatusPerformance {
}

export function dataMeridianReplicationStatusPerformanceToTerraform(struct?: DataMeridianReplicationStatusPerformance): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  return {
  }
}


export function dataMeridianReplicationStatusPerformanceToHclTerraform(struct?: DataMeridianReplicationStatusPerformance): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  const attrs = {
  };
  return attrs;
}

export class DataMeridianReplicationStatusPerformanceOutputReference extends cdktf.ComplexObject {
  private isEmptyObject = false;

  /**
  * @param terraformResource The parent resource
  * @param terraformAttribute The attribute on the parent resource this class is referencing
  */
  public constructor(terraformResource: cdktf.IInterpolatingParent, terraformAttribute: string) {
    super(terraformResource, terraformAttribute, false);
  }

  public get internalValue(): DataMeridianReplicationStatusPerformance | undefined {
    let hasAnyValues = this.isEmptyObject;
    const internalValueResult: any = {};
    return hasAnyValues ? internalValueResult : undefined;
  }

  public set internalValue(value: DataMeridianReplicationStatusPerformance | undefined) {
    if (value === undefined) {
      this.isEmptyObject = false;
    }
    else {
      this.isEmptyObject = Object.keys(value).length === 0;
    }
  }

  // connection_state - computed: true, optional: false, required: false
  public get connectionState() {
    return this.getStringAttribute('connection_state');
  }

  // known_secondaries - computed: true, optional: false, required: false
  public get knownSecondaries() {
    return this.getListAttribute('known_secondaries');
  }

  // last_remote_wal - computed: true, optional: false, required: false
  public get lastRemoteWal() {
    return this.getNumberAttribute('last_remote_wal');
  }

  // last_wal - computed: true, optional: false, required: false
  public get lastWal() {
    return this.getNumberAttribute('last_wal');
  }

  // merkle_root - computed: true, optional: false, required: false
  public get merkleRoot() {
    return this.getStringAttribute('merkle_root');
  }

  // mode - computed: true, optional: false, required: false
  public get mode() {
    return this.getStringAttribute('mode');
  }

  // primary_cluster_address - computed: true, optional: false, required: false
  public get primaryClusterAddress() {
    return this.getStringAttribute('primary_cluster_address');
  }

  // secondary_id - computed: true, optional: false, required: false
  public get secondaryId() {
    return this.getStringAttribute('secondary_id');
  }

  // set_id - computed: true, optional: false, required: false
  public get setId() {
    return this.getStringAttribute('set_id');
  }

  // state - computed: true, optional: false, required: false
  public get state() {
    return this.getStringAttribute('state');
  }
}

/**
* Represents a {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/data-sources/replication_status meridian_replication_status}
*/
export class DataMeridianReplicationStatus extends cdktf.TerraformDataSource {

  // =================
  // STATIC PROPERTIES
  // =================
  public static readonly tfResourceType = "meridian_replication_status";

  // ==============
  // STATIC Methods
  // ==============
  /**
  * Generates CDKTF code for importing a DataMeridianReplicationStatus resource upon running "cdktf plan <stack-name>"
  * @param scope The scope in which to define this construct
  * @param importToId The construct id used in the generated config for the DataMeridianReplicationStatus to import
  * @param importFromId The id of the existing DataMeridianReplicationStatus that should be imported. Refer to the {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/data-sources/replication_status#import import section} in the documentation of this resource for the id to use
  * @param provider? Optional instance of the provider where the DataMeridianReplicationStatus to import is found
  */
  public static generateConfigForImport(scope: Construct, importToId: string, importFromId: string, provider?: cdktf.TerraformProvider) {
        return new cdktf.ImportableResource(scope, importToId, { terraformResourceType: "meridian_replication_status", importId: importFromId, provider });
      }

  // ===========
  // INITIALIZER
  // ===========

  /**
  * Create a new {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/data-sources/replication_status meridian_replication_status} Data Source
  *
  * @param scope The scope in which to define this construct
  * @param id The scoped construct ID. Must be unique amongst siblings in the same scope
  * @param options DataMeridianReplicationStatusConfig = {}
  */
  public constructor(scope: Construct, id: string, config: DataMeridianReplicationStatusConfig = {}) {
    super(scope, id, {
      terraformResourceType: 'meridian_replication_status',
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

  // dr - computed: true, optional: false, required: false
  private _dr = new DataMeridianReplicationStatusDrOutputReference(this, "dr");
  public get dr() {
    return this._dr;
  }

  // performance - computed: true, optional: false, required: false
  private _performance = new DataMeridianReplicationStatusPerformanceOutputReference(this, "performance");
  public get performance() {
    return this._performance;
  }

  // =========
  // SYNTHESIS
  // =========

  protected synthesizeAttributes(): { [name: string]: any } {
    return {
      cluster: cdktf.stringToTerraform(this._cluster),
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
    };

    // remove undefined attributes
    return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined ))
  }
}
