// https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology
// generated from terraform resource schema

import { Construct } from 'constructs';
import * as cdktf from 'cdktf';

// Configuration

export interface TopologyConfig extends cdktf.TerraformMetaArguments {
  /**
  * Names of primaries that may be given up: while they cannot be reached, or to make one that was promoted by hand, or that came back after it had been replaced, follow the primary again. Writes that only they have are lost; without this the plan fails.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#allow_data_loss Topology#allow_data_loss}
  */
  readonly allowDataLoss?: string[];
  /**
  * Clusters that serve clients, by name (each a `meridian_cluster` or a key of the provider's `clusters`).
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#clusters Topology#clusters}
  */
  readonly clusters: { [key: string]: TopologyClusters } | cdktf.IResolvable;
  /**
  * While true, this resource can be neither destroyed nor replaced. Set it to false and apply before destroying: data is lost then.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#deletion_protection Topology#deletion_protection}
  */
  readonly deletionProtection?: boolean | cdktf.IResolvable;
  /**
  * DR pairs: from a key of `clusters` to the name of the cluster that stands by for it. Written once and not changed by a failover: whichever of the two is not in use is the DR secondary.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#disaster_recovery Topology#disaster_recovery}
  */
  readonly disasterRecovery?: { [key: string]: string };
  /**
  * Name of the topology. As `cluster` of other resources it stands for the primary of the moment.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#name Topology#name}
  */
  readonly name: string;
  /**
  * The cluster that accepts writes: a key of `clusters` (every other one follows it as a performance secondary), or the DR secondary of one, which then takes that cluster's place while the old one becomes its DR secondary.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#primary Topology#primary}
  */
  readonly primary: string;
  /**
  * How long each operation may take, as a duration such as `90s`, `30m` or `1h30m`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#timeouts Topology#timeouts}
  */
  readonly timeouts?: TopologyTimeouts;
}
export interface TopologyClustersPathsFilter {
  /**
  * `allow` sends only the listed paths, `deny` sends everything else.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#mode Topology#mode}
  */
  readonly mode: string;
  /**
  * Mount paths such as `payments-eu/` or `auth/userpass/`, with a slash at the end.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#paths Topology#paths}
  */
  readonly paths: string[];
}

export function topologyClustersPathsFilterToTerraform(struct?: TopologyClustersPathsFilter | cdktf.IResolvable): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  return {
    mode: cdktf.stringToTerraform(struct!.mode),
    paths: cdktf.listMapper(cdktf.stringToTerraform, false)(struct!.paths),
  }
}


export function topologyClustersPathsFilterToHclTerraform(struct?: TopologyClustersPathsFilter | cdktf.IResolvable): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  const attrs = {
    mode: {
      value: cdktf.stringToHclTerraform(struct!.mode),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
    paths: {
      value: cdktf.listMapperHcl(cdktf.stringToHclTerraform, false)(struct!.paths),
      isBlock: false,
      type: "set",
      storageClassType: "stringList",
    },
  };

  // remove undefined attributes
  return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined));
}

export class TopologyClustersPathsFilterOutputReference extends cdktf.ComplexObject {
  private isEmptyObject = false;
  private resolvableValue?: cdktf.IResolvable;

  /**
  * @param terraformResource The parent resource
  * @param terraformAttribute The attribute on the parent resource this class is referencing
  */
  public constructor(terraformResource: cdktf.IInterpolatingParent, terraformAttribute: string) {
    super(terraformResource, terraformAttribute, false);
  }

  public get internalValue(): TopologyClustersPathsFilter | cdktf.IResolvable | undefined {
    if (this.resolvableValue) {
      return this.resolvableValue;
    }
    let hasAnyValues = this.isEmptyObject;
    const internalValueResult: any = {};
    if (this._mode !== undefined) {
      hasAnyValues = true;
      internalValueResult.mode = this._mode;
    }
    if (this._paths !== undefined) {
      hasAnyValues = true;
      internalValueResult.paths = this._paths;
    }
    return hasAnyValues ? internalValueResult : undefined;
  }

  public set internalValue(value: TopologyClustersPathsFilter | cdktf.IResolvable | undefined) {
    if (value === undefined) {
      this.isEmptyObject = false;
      this.resolvableValue = undefined;
      this._mode = undefined;
      this._paths = undefined;
    }
    else if (cdktf.Tokenization.isResolvable(value)) {
      this.isEmptyObject = false;
      this.resolvableValue = value;
    }
    else {
      this.isEmptyObject = Object.keys(value).length === 0;
      this.resolvableValue = undefined;
      this._mode = value.mode;
      this._paths = value.paths;
    }
  }

  // mode - computed: false, optional: false, required: true
  private _mode?: string; 
  public get mode() {
    return this.getStringAttribute('mode');
  }
  public set mode(value: string) {
    this._mode = value;
  }
  // Temporarily expose input value. Use with caution.
  public get modeInput() {
    return this._mode;
  }

  // paths - computed: false, optional: false, required: true
  private _paths?: string[]; 
  public get paths() {
    return cdktf.Fn.tolist(this.getListAttribute('paths'));
  }
  public set paths(value: string[]) {
    this._paths = value;
  }
  // Temporarily expose input value. Use with caution.
  public get pathsInput() {
    return this._paths;
  }
}
export interface TopologyClusters {
  /**
  * Which mounts and namespaces are sent to this secondary. Set before the secondary is activated, so that what is filtered is never sent; can be changed at any time. Absent: everything is sent.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#paths_filter Topology#paths_filter}
  */
  readonly pathsFilter?: TopologyClustersPathsFilter;
}

export function topologyClustersToTerraform(struct?: TopologyClusters | cdktf.IResolvable): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  return {
    paths_filter: topologyClustersPathsFilterToTerraform(struct!.pathsFilter),
  }
}


export function topologyClustersToHclTerraform(struct?: TopologyClusters | cdktf.IResolvable): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  const attrs = {
    paths_filter: {
      value: topologyClustersPathsFilterToHclTerraform(struct!.pathsFilter),
      isBlock: true,
      type: "struct",
      storageClassType: "TopologyClustersPathsFilter",
    },
  };

  // remove undefined attributes
  return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined));
}

export class TopologyClustersOutputReference extends cdktf.ComplexObject {
  private isEmptyObject = false;
  private resolvableValue?: cdktf.IResolvable;

  /**
  * @param terraformResource The parent resource
  * @param terraformAttribute The attribute on the parent resource this class is referencing
  * @param complexObjectKey the key of this item in the map
  */
  public constructor(terraformResource: cdktf.IInterpolatingParent, terraformAttribute: string, complexObjectKey: string) {
    super(terraformResource, terraformAttribute, false, complexObjectKey);
  }

  public get internalValue(): TopologyClusters | cdktf.IResolvable | undefined {
    if (this.resolvableValue) {
      return this.resolvableValue;
    }
    let hasAnyValues = this.isEmptyObject;
    const internalValueResult: any = {};
    if (this._pathsFilter?.internalValue !== undefined) {
      hasAnyValues = true;
      internalValueResult.pathsFilter = this._pathsFilter?.internalValue;
    }
    return hasAnyValues ? internalValueResult : undefined;
  }

  public set internalValue(value: TopologyClusters | cdktf.IResolvable | undefined) {
    if (value === undefined) {
      this.isEmptyObject = false;
      this.resolvableValue = undefined;
      this._pathsFilter.internalValue = undefined;
    }
    else if (cdktf.Tokenization.isResolvable(value)) {
      this.isEmptyObject = false;
      this.resolvableValue = value;
    }
    else {
      this.isEmptyObject = Object.keys(value).length === 0;
      this.resolvableValue = undefined;
      this._pathsFilter.internalValue = value.pathsFilter;
    }
  }

  // paths_filter - computed: false, optional: true, required: false
  private _pathsFilter = new TopologyClustersPathsFilterOutputReference(this, "paths_filter");
  public get pathsFilter() {
    return this._pathsFilter;
  }
  public putPathsFilter(value: TopologyClustersPathsFilter) {
    this._pathsFilter.internalValue = value;
  }
  public resetPathsFilter() {
    this._pathsFilter.internalValue = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get pathsFilterInput() {
    return this._pathsFilter.internalValue;
  }
}

export class TopologyClustersMap extends cdktf.ComplexMap {
  public internalValue? : { [key: string]: TopologyClusters } | cdktf.IResolvable

  /**
  * @param terraformResource The parent resource
  * @param terraformAttribute The attribute on the parent resource this class is referencing
  */
  constructor(protected terraformResource: cdktf.IInterpolatingParent, protected terraformAttribute: string) {
    super(terraformResource, terraformAttribute)
  }

  /**
  * @param key the key of the item to return
  */
  public get(key: string): TopologyClustersOutputReference {
    return new TopologyClustersOutputReference(this.terraformResource, this.terraformAttribute, key);
  }
}
export interface TopologyRoles {
}

export function topologyRolesToTerraform(struct?: TopologyRoles): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  return {
  }
}


export function topologyRolesToHclTerraform(struct?: TopologyRoles): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  const attrs = {
  };
  return attrs;
}

export class TopologyRolesOutputReference extends cdktf.ComplexObject {
  private isEmptyObject = false;

  /**
  * @param terraformResource The parent resource
  * @param terraformAttribute The attribute on the parent resource this class is referencing
  * @param complexObjectKey the key of this item in the map
  */
  public constructor(terraformResource: cdktf.IInterpolatingParent, terraformAttribute: string, complexObjectKey: string) {
    super(terraformResource, terraformAttribute, false, complexObjectKey);
  }

  public get internalValue(): TopologyRoles | undefined {
    let hasAnyValues = this.isEmptyObject;
    const internalValueResult: any = {};
    return hasAnyValues ? internalValueResult : undefined;
  }

  public set internalValue(value: TopologyRoles | undefined) {
    if (value === undefined) {
      this.isEmptyObject = false;
    }
    else {
      this.isEmptyObject = Object.keys(value).length === 0;
    }
  }

  // dr - computed: true, optional: false, required: false
  public get dr() {
    return this.getStringAttribute('dr');
  }

  // follows - computed: true, optional: false, required: false
  public get follows() {
    return this.getStringAttribute('follows');
  }

  // performance - computed: true, optional: false, required: false
  public get performance() {
    return this.getStringAttribute('performance');
  }
}

export class TopologyRolesMap extends cdktf.ComplexMap {

  /**
  * @param terraformResource The parent resource
  * @param terraformAttribute The attribute on the parent resource this class is referencing
  */
  constructor(protected terraformResource: cdktf.IInterpolatingParent, protected terraformAttribute: string) {
    super(terraformResource, terraformAttribute)
  }

  /**
  * @param key the key of the item to return
  */
  public get(key: string): TopologyRolesOutputReference {
    return new TopologyRolesOutputReference(this.terraformResource, this.terraformAttribute, key);
  }
}
export interface TopologyTimeouts {
  /**
  * Limit for creating.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#create Topology#create}
  */
  readonly create?: string;
  /**
  * Limit for deleting.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#delete Topology#delete}
  */
  readonly delete?: string;
  /**
  * Limit for reading.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#read Topology#read}
  */
  readonly read?: string;
  /**
  * Limit for updating.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#update Topology#update}
  */
  readonly update?: string;
}

export function topologyTimeoutsToTerraform(struct?: TopologyTimeouts | cdktf.IResolvable): any {
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


export function topologyTimeoutsToHclTerraform(struct?: TopologyTimeouts | cdktf.IResolvable): any {
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

export class TopologyTimeoutsOutputReference extends cdktf.ComplexObject {
  private isEmptyObject = false;
  private resolvableValue?: cdktf.IResolvable;

  /**
  * @param terraformResource The parent resource
  * @param terraformAttribute The attribute on the parent resource this class is referencing
  */
  public constructor(terraformResource: cdktf.IInterpolatingParent, terraformAttribute: string) {
    super(terraformResource, terraformAttribute, false);
  }

  public get internalValue(): TopologyTimeouts | cdktf.IResolvable | undefined {
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

  public set internalValue(value: TopologyTimeouts | cdktf.IResolvable | undefined) {
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
* Represents a {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology meridian_topology}
*/
export class Topology extends cdktf.TerraformResource {

  // =================
  // STATIC PROPERTIES
  // =================
  public static readonly tfResourceType = "meridian_topology";

  // ==============
  // STATIC Methods
  // ==============
  /**
  * Generates CDKTF code for importing a Topology resource upon running "cdktf plan <stack-name>"
  * @param scope The scope in which to define this construct
  * @param importToId The construct id used in the generated config for the Topology to import
  * @param importFromId The id of the existing Topology that should be imported. Refer to the {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology#import import section} in the documentation of this resource for the id to use
  * @param provider? Optional instance of the provider where the Topology to import is found
  */
  public static generateConfigForImport(scope: Construct, importToId: string, importFromId: string, provider?: cdktf.TerraformProvider) {
        return new cdktf.ImportableResource(scope, importToId, { terraformResourceType: "meridian_topology", importId: importFromId, provider });
      }

  // ===========
  // INITIALIZER
  // ===========

  /**
  * Create a new {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/topology meridian_topology} Resource
  *
  * @param scope The scope in which to define this construct
  * @param id The scoped construct ID. Must be unique amongst siblings in the same scope
  * @param options TopologyConfig
  */
  public constructor(scope: Construct, id: string, config: TopologyConfig) {
    super(scope, id, {
      terraformResourceType: 'meridian_topology',
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
    this._allowDataLoss = config.allowDataLoss;
    this._clusters.internalValue = config.clusters;
    this._deletionProtection = config.deletionProtection;
    this._disasterRecovery = config.disasterRecovery;
    this._name = config.name;
    this._primary = config.primary;
    this._timeouts.internalValue = config.timeouts;
  }

  // ==========
  // ATTRIBUTES
  // ==========

  // allow_data_loss - computed: false, optional: true, required: false
  private _allowDataLoss?: string[]; 
  public get allowDataLoss() {
    return cdktf.Fn.tolist(this.getListAttribute('allow_data_loss'));
  }
  public set allowDataLoss(value: string[]) {
    this._allowDataLoss = value;
  }
  public resetAllowDataLoss() {
    this._allowDataLoss = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get allowDataLossInput() {
    return this._allowDataLoss;
  }

  // clusters - computed: false, optional: false, required: true
  private _clusters = new TopologyClustersMap(this, "clusters");
  public get clusters() {
    return this._clusters;
  }
  public putClusters(value: { [key: string]: TopologyClusters } | cdktf.IResolvable) {
    this._clusters.internalValue = value;
  }
  // Temporarily expose input value. Use with caution.
  public get clustersInput() {
    return this._clusters.internalValue;
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

  // disaster_recovery - computed: false, optional: true, required: false
  private _disasterRecovery?: { [key: string]: string }; 
  public get disasterRecovery() {
    return this.getStringMapAttribute('disaster_recovery');
  }
  public set disasterRecovery(value: { [key: string]: string }) {
    this._disasterRecovery = value;
  }
  public resetDisasterRecovery() {
    this._disasterRecovery = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get disasterRecoveryInput() {
    return this._disasterRecovery;
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

  // primary - computed: false, optional: false, required: true
  private _primary?: string; 
  public get primary() {
    return this.getStringAttribute('primary');
  }
  public set primary(value: string) {
    this._primary = value;
  }
  // Temporarily expose input value. Use with caution.
  public get primaryInput() {
    return this._primary;
  }

  // roles - computed: true, optional: false, required: false
  private _roles = new TopologyRolesMap(this, "roles");
  public get roles() {
    return this._roles;
  }

  // steps - computed: true, optional: false, required: false
  public get steps() {
    return this.getListAttribute('steps');
  }

  // timeouts - computed: false, optional: true, required: false
  private _timeouts = new TopologyTimeoutsOutputReference(this, "timeouts");
  public get timeouts() {
    return this._timeouts;
  }
  public putTimeouts(value: TopologyTimeouts) {
    this._timeouts.internalValue = value;
  }
  public resetTimeouts() {
    this._timeouts.internalValue = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get timeoutsInput() {
    return this._timeouts.internalValue;
  }

  // unreachable - computed: true, optional: false, required: false
  public get unreachable() {
    return cdktf.Fn.tolist(this.getListAttribute('unreachable'));
  }

  // =========
  // SYNTHESIS
  // =========

  protected synthesizeAttributes(): { [name: string]: any } {
    return {
      allow_data_loss: cdktf.listMapper(cdktf.stringToTerraform, false)(this._allowDataLoss),
      clusters: cdktf.hashMapper(topologyClustersToTerraform)(this._clusters.internalValue),
      deletion_protection: cdktf.booleanToTerraform(this._deletionProtection),
      disaster_recovery: cdktf.hashMapper(cdktf.stringToTerraform)(this._disasterRecovery),
      name: cdktf.stringToTerraform(this._name),
      primary: cdktf.stringToTerraform(this._primary),
      timeouts: topologyTimeoutsToTerraform(this._timeouts.internalValue),
    };
  }

  protected synthesizeHclAttributes(): { [name: string]: any } {
    const attrs = {
      allow_data_loss: {
        value: cdktf.listMapperHcl(cdktf.stringToHclTerraform, false)(this._allowDataLoss),
        isBlock: false,
        type: "set",
        storageClassType: "stringList",
      },
      clusters: {
        value: cdktf.hashMapperHcl(topologyClustersToHclTerraform)(this._clusters.internalValue),
        isBlock: true,
        type: "map",
        storageClassType: "TopologyClustersMap",
      },
      deletion_protection: {
        value: cdktf.booleanToHclTerraform(this._deletionProtection),
        isBlock: false,
        type: "simple",
        storageClassType: "boolean",
      },
      disaster_recovery: {
        value: cdktf.hashMapperHcl(cdktf.stringToHclTerraform)(this._disasterRecovery),
        isBlock: false,
        type: "map",
        storageClassType: "stringMap",
      },
      name: {
        value: cdktf.stringToHclTerraform(this._name),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      primary: {
        value: cdktf.stringToHclTerraform(this._primary),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      timeouts: {
        value: topologyTimeoutsToHclTerraform(this._timeouts.internalValue),
        isBlock: true,
        type: "struct",
        storageClassType: "TopologyTimeouts",
      },
    };

    // remove undefined attributes
    return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined ))
  }
}
