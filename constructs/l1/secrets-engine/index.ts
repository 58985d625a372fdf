// https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine
// generated from terraform resource schema

import { Construct } from 'constructs';
import * as cdktf from 'cdktf';

// Configuration

export interface SecretsEngineConfig extends cdktf.TerraformMetaArguments {
  /**
  * Which cluster: a key of the provider's `clusters`, the name of a `meridian_cluster`, or the name of a `meridian_topology`, which stands for whichever cluster is its primary at the moment. May be left out when the provider knows exactly one cluster.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine#cluster SecretsEngine#cluster}
  */
  readonly cluster?: string;
  /**
  * Lifetime of leases and tokens that ask for none, in seconds; 0 is the server's default.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine#default_lease_ttl_seconds SecretsEngine#default_lease_ttl_seconds}
  */
  readonly defaultLeaseTtlSeconds?: number;
  /**
  * While true, this resource can be neither destroyed nor replaced. Set it to false and apply before destroying: data is lost then.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine#deletion_protection SecretsEngine#deletion_protection}
  */
  readonly deletionProtection?: boolean | cdktf.IResolvable;
  /**
  * For people.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine#description SecretsEngine#description}
  */
  readonly description?: string;
  /**
  * `unauth` shows it to people who have not logged in, `hidden` does not.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine#listing_visibility SecretsEngine#listing_visibility}
  */
  readonly listingVisibility?: string;
  /**
  * Kept to this cluster: never sent to performance secondaries.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine#local SecretsEngine#local}
  */
  readonly local?: boolean | cdktf.IResolvable;
  /**
  * Longest lifetime of leases and tokens, in seconds; 0 is the server's default.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine#max_lease_ttl_seconds SecretsEngine#max_lease_ttl_seconds}
  */
  readonly maxLeaseTtlSeconds?: number;
  /**
  * Options of the type, such as `version = "2"` for `kv`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine#options SecretsEngine#options}
  */
  readonly options?: { [key: string]: string };
  /**
  * Where it is mounted, without a slash at the end. A change replaces it, with all its data.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine#path SecretsEngine#path}
  */
  readonly path: string;
  /**
  * Kind, such as `kv`, `transit`, `userpass` or `approle`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine#type SecretsEngine#type}
  */
  readonly type: string;
}

/**
* Represents a {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine meridian_secrets_engine}
*/
export class SecretsEngine extends cdktf.TerraformResource {

  // =================
  // STATIC PROPERTIES
  // =================
  public static readonly tfResourceType = "meridian_secrets_engine";

  // ==============
  // STATIC Methods
  // ==============
  /**
  * Generates CDKTF code for importing a SecretsEngine resource upon running "cdktf plan <stack-name>"
  * @param scope The scope in which to define this construct
  * @param importToId The construct id used in the generated config for the SecretsEngine to import
  * @param importFromId The id of the existing SecretsEngine that should be imported. Refer to the {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine#import import section} in the documentation of this resource for the id to use
  * @param provider? Optional instance of the provider where the SecretsEngine to import is found
  */
  public static generateConfigForImport(scope: Construct, importToId: string, importFromId: string, provider?: cdktf.TerraformProvider) {
        return new cdktf.ImportableResource(scope, importToId, { terraformResourceType: "meridian_secrets_engine", importId: importFromId, provider });
      }

  // ===========
  // INITIALIZER
  // ===========

  /**
  * Create a new {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/secrets_engine meridian_secrets_engine} Resource
  *
  * @param scope The scope in which to define this construct
  * @param id The scoped construct ID. Must be unique amongst siblings in the same scope
  * @param options SecretsEngineConfig
  */
  public constructor(scope: Construct, id: string, config: SecretsEngineConfig) {
    super(scope, id, {
      terraformResourceType: 'meridian_secrets_engine',
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
    this._defaultLeaseTtlSeconds = config.defaultLeaseTtlSeconds;
    this._deletionProtection = config.deletionProtection;
    this._description = config.description;
    this._listingVisibility = config.listingVisibility;
    this._local = config.local;
    this._maxLeaseTtlSeconds = config.maxLeaseTtlSeconds;
    this._options = config.options;
    this._path = config.path;
    this._type = config.type;
  }

  // ==========
  // ATTRIBUTES
  // ==========

  // accessor - computed: true, optional: false, required: false
  public get accessor() {
    return this.getStringAttribute('accessor');
  }

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

  // default_lease_ttl_seconds - computed: true, optional: true, required: false
  private _defaultLeaseTtlSeconds?: number; 
  public get defaultLeaseTtlSeconds() {
    return this.getNumberAttribute('default_lease_ttl_seconds');
  }
  public set defaultLeaseTtlSeconds(value: number) {
    this._defaultLeaseTtlSeconds = value;
  }
  public resetDefaultLeaseTtlSeconds() {
    this._defaultLeaseTtlSeconds = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get defaultLeaseTtlSecondsInput() {
    return this._defaultLeaseTtlSeconds;
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

  // description - computed: false, optional: true, required: false
  private _description?: string; 
  public get description() {
    return this.getStringAttribute('description');
  }
  public set description(value: string) {
    this._description = value;
  }
  public resetDescription() {
    this._description = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get descriptionInput() {
    return this._description;
  }

  // id - computed: true, optional: false, required: false
  public get id() {
    return this.getStringAttribute('id');
  }

  // listing_visibility - computed: true, optional: true, required: false
  private _listingVisibility?: string; 
  public get listingVisibility() {
    return this.getStringAttribute('listing_visibility');
  }
  public set listingVisibility(value: string) {
    this._listingVisibility = value;
  }
  public resetListingVisibility() {
    this._listingVisibility = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get listingVisibilityInput() {
    return this._listingVisibility;
  }

  // local - computed: true, optional: true, required: false
  private _local?: boolean | cdktf.IResolvable; 
  public get local() {
    return this.getBooleanAttribute('local');
  }
  public set local(value: boolean | cdktf.IResolvable) {
    this._local = value;
  }
  public resetLocal() {
    this._local = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get localInput() {
    return this._local;
  }

  // max_lease_ttl_seconds - computed: true, optional: true, required: false
  private _maxLeaseTtlSeconds?: number; 
  public get maxLeaseTtlSeconds() {
    return this.getNumberAttribute('max_lease_ttl_seconds');
  }
  public set maxLeaseTtlSeconds(value: number) {
    this._maxLeaseTtlSeconds = value;
  }
  public resetMaxLeaseTtlSeconds() {
    this._maxLeaseTtlSeconds = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get maxLeaseTtlSecondsInput() {
    return this._maxLeaseTtlSeconds;
  }

  // options - computed: true, optional: true, required: false
  private _options?: { [key: string]: string }; 
  public get options() {
    return this.getStringMapAttribute('options');
  }
  public set options(value: { [key: string]: string }) {
    this._options = value;
  }
  public resetOptions() {
    this._options = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get optionsInput() {
    return this._options;
  }

  // path - computed: false, optional: false, required: true
  private _path?: string; 
  public get path() {
    return this.getStringAttribute('path');
  }
  public set path(value: string) {
    this._path = value;
  }
  // Temporarily expose input value. Use with caution.
  public get pathInput() {
    return this._path;
  }

  // type - computed: false, optional: false, required: true
  private _type?: string; 
  public get type() {
    return this.getStringAttribute('type');
  }
  public set type(value: string) {
    this._type = value;
  }
  // Temporarily expose input value. Use with caution.
  public get typeInput() {
    return this._type;
  }

  // =========
  // SYNTHESIS
  // =========

  protected synthesizeAttributes(): { [name: string]: any } {
    return {
      cluster: cdktf.stringToTerraform(this._cluster),
      default_lease_ttl_seconds: cdktf.numberToTerraform(this._defaultLeaseTtlSeconds),
      deletion_protection: cdktf.booleanToTerraform(this._deletionProtection),
      description: cdktf.stringToTerraform(this._description),
      listing_visibility: cdktf.stringToTerraform(this._listingVisibility),
      local: cdktf.booleanToTerraform(this._local),
      max_lease_ttl_seconds: cdktf.numberToTerraform(this._maxLeaseTtlSeconds),
      options: cdktf.hashMapper(cdktf.stringToTerraform)(this._options),
      path: cdktf.stringToTerraform(this._path),
      type: cdktf.stringToTerraform(this._type),
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
      default_lease_ttl_seconds: {
        value: cdktf.numberToHclTerraform(this._defaultLeaseTtlSeconds),
        isBlock: false,
        type: "simple",
        storageClassType: "number",
      },
      deletion_protection: {
        value: cdktf.booleanToHclTerraform(this._deletionProtection),
        isBlock: false,
        type: "simple",
        storageClassType: "boolean",
      },
      description: {
        value: cdktf.stringToHclTerraform(this._description),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      listing_visibility: {
        value: cdktf.stringToHclTerraform(this._listingVisibility),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      local: {
        value: cdktf.booleanToHclTerraform(this._local),
        isBlock: false,
        type: "simple",
        storageClassType: "boolean",
      },
      max_lease_ttl_seconds: {
        value: cdktf.numberToHclTerraform(this._maxLeaseTtlSeconds),
        isBlock: false,
        type: "simple",
        storageClassType: "number",
      },
      options: {
        value: cdktf.hashMapperHcl(cdktf.stringToHclTerraform)(this._options),
        isBlock: false,
        type: "map",
        storageClassType: "stringMap",
      },
      path: {
        value: cdktf.stringToHclTerraform(this._path),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      type: {
        value: cdktf.stringToHclTerraform(this._type),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
    };

    // remove undefined attributes
    return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined ))
  }
}
