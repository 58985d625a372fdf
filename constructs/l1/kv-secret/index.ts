// https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/kv_secret
// generated from terraform resource schema

import { Construct } from 'constructs';
import * as cdktf from 'cdktf';

// Configuration

export interface KvSecretConfig extends cdktf.TerraformMetaArguments {
  /**
  * Check-and-set (version 2): fail rather than overwrite what somebody wrote since this resource did, or, when it is created, a secret that exists already.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/kv_secret#cas KvSecret#cas}
  */
  readonly cas?: boolean | cdktf.IResolvable;
  /**
  * Which cluster: a key of the provider's `clusters`, the name of a `meridian_cluster`, or the name of a `meridian_topology`, which stands for whichever cluster is its primary at the moment. May be left out when the provider knows exactly one cluster.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/kv_secret#cluster KvSecret#cluster}
  */
  readonly cluster?: string;
  /**
  * The data, as the text of a JSON object. Its numbers reach the server digit for digit.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/kv_secret#data_json_wo KvSecret#data_json_wo}
  */
  readonly dataJsonWo?: string;
  /**
  * The data, as texts by key. Exactly one of this and `data_json_wo`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/kv_secret#data_wo KvSecret#data_wo}
  */
  readonly dataWo?: { [key: string]: string };
  /**
  * Raise it to write the data again: a changed secret alone cannot be seen.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/kv_secret#data_wo_version KvSecret#data_wo_version}
  */
  readonly dataWoVersion?: number;
  /**
  * When destroyed, delete all versions for good. By default only the present version is deleted, and can be undeleted.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/kv_secret#delete_all_versions KvSecret#delete_all_versions}
  */
  readonly deleteAllVersions?: boolean | cdktf.IResolvable;
  /**
  * Path of the engine.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/kv_secret#mount KvSecret#mount}
  */
  readonly mount: string;
  /**
  * Path of the secret inside the engine.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/kv_secret#name KvSecret#name}
  */
  readonly name: string;
}

/**
* Represents a {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/kv_secret meridian_kv_secret}
*/
export class KvSecret extends cdktf.TerraformResource {

  // =================
  // STATIC PROPERTIES
  // =================
  public static readonly tfResourceType = "meridian_kv_secret";

  // ==============
  // STATIC Methods
  // ==============
  /**
  * Generates CDKTF code for importing a KvSecret resource upon running "cdktf plan <stack-name>"
  * @param scope The scope in which to define this construct
  * @param importToId The construct id used in the generated config for the KvSecret to import
  * @param importFromId The id of the existing KvSecret that should be imported. Refer to the {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/kv_secret#import import section} in the documentation of this resource for the id to use
  * @param provider? Optional instance of the provider where the KvSecret to import is found
  */
  public static generateConfigForImport(scope: Construct, importToId: string, importFromId: string, provider?: cdktf.TerraformProvider) {
        return new cdktf.ImportableResource(scope, importToId, { terraformResourceType: "meridian_kv_secret", importId: importFromId, provider });
      }

  // ===========
  // INITIALIZER
  // ===========

  /**
  * Create a new {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/kv_secret meridian_kv_secret} Resource
  *
  * @param scope The scope in which to define this construct
  * @param id The scoped construct ID. Must be unique amongst siblings in the same scope
  * @param options KvSecretConfig
  */
  public constructor(scope: Construct, id: string, config: KvSecretConfig) {
    super(scope, id, {
      terraformResourceType: 'meridian_kv_secret',
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
    this._cas = config.cas;
    this._cluster = config.cluster;
    this._dataJsonWo = config.dataJsonWo;
    this._dataWo = config.dataWo;
    this._dataWoVersion = config.dataWoVersion;
    this._deleteAllVersions = config.deleteAllVersions;
    this._mount = config.mount;
    this._name = config.name;
  }

  // ==========
  // ATTRIBUTES
  // ==========

  // cas - computed: true, optional: true, required: false
  private _cas?: boolean | cdktf.IResolvable; 
  public get cas() {
    return this.getBooleanAttribute('cas');
  }
  public set cas(value: boolean | cdktf.IResolvable) {
    this._cas = value;
  }
  public resetCas() {
    this._cas = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get casInput() {
    return this._cas;
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

  // created_time - computed: true, optional: false, required: false
  public get createdTime() {
    return this.getStringAttribute('created_time');
  }

  // data_json_wo - computed: false, optional: true, required: false
  private _dataJsonWo?: string; 
  public get dataJsonWo() {
    return this.getStringAttribute('data_json_wo');
  }
  public set dataJsonWo(value: string) {
    this._dataJsonWo = value;
  }
  public resetDataJsonWo() {
    this._dataJsonWo = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get dataJsonWoInput() {
    return this._dataJsonWo;
  }

  // data_wo - computed: false, optional: true, required: false
  private _dataWo?: { [key: string]: string }; 
  public get dataWo() {
    return this.getStringMapAttribute('data_wo');
  }
  public set dataWo(value: { [key: string]: string }) {
    this._dataWo = value;
  }
  public resetDataWo() {
    this._dataWo = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get dataWoInput() {
    return this._dataWo;
  }

  // data_wo_version - computed: true, optional: true, required: false
  private _dataWoVersion?: number; 
  public get dataWoVersion() {
    return this.getNumberAttribute('data_wo_version');
  }
  public set dataWoVersion(value: number) {
    this._dataWoVersion = value;
  }
  public resetDataWoVersion() {
    this._dataWoVersion = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get dataWoVersionInput() {
    return this._dataWoVersion;
  }

  // delete_all_versions - computed: true, optional: true, required: false
  private _deleteAllVersions?: boolean | cdktf.IResolvable; 
  public get deleteAllVersions() {
    return this.getBooleanAttribute('delete_all_versions');
  }
  public set deleteAllVersions(value: boolean | cdktf.IResolvable) {
    this._deleteAllVersions = value;
  }
  public resetDeleteAllVersions() {
    this._deleteAllVersions = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get deleteAllVersionsInput() {
    return this._deleteAllVersions;
  }

  // id - computed: true, optional: false, required: false
  public get id() {
    return this.getStringAttribute('id');
  }

  // mount - computed: false, optional: false, required: true
  private _mount?: string; 
  public get mount() {
    return this.getStringAttribute('mount');
  }
  public set mount(value: string) {
    this._mount = value;
  }
  // Temporarily expose input value. Use with caution.
  public get mountInput() {
    return this._mount;
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

  // version - computed: true, optional: false, required: false
  public get version() {
    return this.getNumberAttribute('version');
  }

  // =========
  // SYNTHESIS
  // =========

  protected synthesizeAttributes(): { [name: string]: any } {
    return {
      cas: cdktf.booleanToTerraform(this._cas),
      cluster: cdktf.stringToTerraform(this._cluster),
      data_json_wo: cdktf.stringToTerraform(this._dataJsonWo),
      data_wo: cdktf.hashMapper(cdktf.stringToTerraform)(this._dataWo),
      data_wo_version: cdktf.numberToTerraform(this._dataWoVersion),
      delete_all_versions: cdktf.booleanToTerraform(this._deleteAllVersions),
      mount: cdktf.stringToTerraform(this._mount),
      name: cdktf.stringToTerraform(this._name),
    };
  }

  protected synthesizeHclAttributes(): { [name: string]: any } {
    const attrs = {
      cas: {
        value: cdktf.booleanToHclTerraform(this._cas),
        isBlock: false,
        type: "simple",
        storageClassType: "boolean",
      },
      cluster: {
        value: cdktf.stringToHclTerraform(this._cluster),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      data_json_wo: {
        value: cdktf.stringToHclTerraform(this._dataJsonWo),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      data_wo: {
        value: cdktf.hashMapperHcl(cdktf.stringToHclTerraform)(this._dataWo),
        isBlock: false,
        type: "map",
        storageClassType: "stringMap",
      },
      data_wo_version: {
        value: cdktf.numberToHclTerraform(this._dataWoVersion),
        isBlock: false,
        type: "simple",
        storageClassType: "number",
      },
      delete_all_versions: {
        value: cdktf.booleanToHclTerraform(this._deleteAllVersions),
        isBlock: false,
        type: "simple",
        storageClassType: "boolean",
      },
      mount: {
        value: cdktf.stringToHclTerraform(this._mount),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      name: {
        value: cdktf.stringToHclTerraform(this._name),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
    };

    // remove undefined attributes
    return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined ))
  }
}
