// https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node
// generated from terraform resource schema

import { Construct } from 'constructs';
import * as cdktf from 'cdktf';

// Configuration

export interface NodeConfig extends cdktf.TerraformMetaArguments {
  /**
  * IP address on which it listens, and at which others reach it.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#address Node#address}
  */
  readonly address?: string;
  /**
  * TCP port of the API. A free one is picked and kept if absent.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#api_port Node#api_port}
  */
  readonly apiPort?: number;
  /**
  * TCP port for other clusters. A free one is picked and kept if absent.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#cluster_port Node#cluster_port}
  */
  readonly clusterPort?: number;
  /**
  * When destroyed or replaced, also remove the directory with all data. By default the data stays.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#delete_data Node#delete_data}
  */
  readonly deleteData?: boolean | cdktf.IResolvable;
  /**
  * Where the configuration, certificates, log and data lie. Made with mode 0700. Use an absolute path; a relative one is taken from Terraform's working directory.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#directory Node#directory}
  */
  readonly directory: string;
  /**
  * How much the server logs: `error`, `warn`, `info`, `debug` or `trace`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#log_level Node#log_level}
  */
  readonly logLevel?: string;
  /**
  * Name of the node; also the cluster name it reports and the name under which the operator file keeps its keys.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#name Node#name}
  */
  readonly name: string;
  /**
  * `shamir`: unsealed with shares after each start. `static`: unseals itself with a key that is made once and kept, mode 0600, in the directory.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#seal Node#seal}
  */
  readonly seal?: string;
  /**
  * Path of `meridian-server`. Absent: the environment variable `MERIDIAN_SERVER`, else the one installed beside this provider, else the one on the PATH.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#server_executable Node#server_executable}
  */
  readonly serverExecutable?: string;
  /**
  * Further settings of the server's configuration file as a JSON object, merged over what this resource writes.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#settings_json Node#settings_json}
  */
  readonly settingsJson?: string;
  /**
  * `lmdb` keeps data in `data` inside the directory; `inmem` forgets everything when the process ends.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#storage Node#storage}
  */
  readonly storage?: string;
  /**
  * How long each operation may take, as a duration such as `90s`, `30m` or `1h30m`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#timeouts Node#timeouts}
  */
  readonly timeouts?: NodeTimeouts;
  /**
  * Further DNS names and IP addresses for the certificate, beside `localhost`, the node's name and its address.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#tls_names Node#tls_names}
  */
  readonly tlsNames?: string[];
}
export interface NodeTimeouts {
  /**
  * Limit for creating.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#create Node#create}
  */
  readonly create?: string;
  /**
  * Limit for deleting.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#delete Node#delete}
  */
  readonly delete?: string;
  /**
  * Limit for reading.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#read Node#read}
  */
  readonly read?: string;
  /**
  * Limit for updating.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#update Node#update}
  */
  readonly update?: string;
}

export function nodeTimeoutsToTerraform(struct?: NodeTimeouts | cdktf.IResolvable): any {
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


export function nodeTimeoutsToHclTerraform(struct?: NodeTimeouts | cdktf.IResolvable): any {
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

export class NodeTimeoutsOutputReference extends cdktf.ComplexObject {
  private isEmptyObject = false;
  private resolvableValue?: cdktf.IResolvable;

  /**
  * @param terraformResource The parent resource
  * @param terraformAttribute The attribute on the parent resource this class is referencing
  */
  public constructor(terraformResource: cdktf.IInterpolatingParent, terraformAttribute: string) {
    super(terraformResource, terraformAttribute, false);
  }

  public get internalValue(): NodeTimeouts | cdktf.IResolvable | undefined {
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

  public set internalValue(value: NodeTimeouts | cdktf.IResolvable | undefined) {
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
* Represents a {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node meridian_node}
*/
export class Node extends cdktf.TerraformResource {

  // =================
  // STATIC PROPERTIES
  // =================
  public static readonly tfResourceType = "meridian_node";

  // ==============
  // STATIC Methods
  // ==============
  /**
  * Generates CDKTF code for importing a Node resource upon running "cdktf plan <stack-name>"
  * @param scope The scope in which to define this construct
  * @param importToId The construct id used in the generated config for the Node to import
  * @param importFromId The id of the existing Node that should be imported. Refer to the {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node#import import section} in the documentation of this resource for the id to use
  * @param provider? Optional instance of the provider where the Node to import is found
  */
  public static generateConfigForImport(scope: Construct, importToId: string, importFromId: string, provider?: cdktf.TerraformProvider) {
        return new cdktf.ImportableResource(scope, importToId, { terraformResourceType: "meridian_node", importId: importFromId, provider });
      }

  // ===========
  // INITIALIZER
  // ===========

  /**
  * Create a new {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/node meridian_node} Resource
  *
  * @param scope The scope in which to define this construct
  * @param id The scoped construct ID. Must be unique amongst siblings in the same scope
  * @param options NodeConfig
  */
  public constructor(scope: Construct, id: string, config: NodeConfig) {
    super(scope, id, {
      terraformResourceType: 'meridian_node',
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
    this._address = config.address;
    this._apiPort = config.apiPort;
    this._clusterPort = config.clusterPort;
    this._deleteData = config.deleteData;
    this._directory = config.directory;
    this._logLevel = config.logLevel;
    this._name = config.name;
    this._seal = config.seal;
    this._serverExecutable = config.serverExecutable;
    this._settingsJson = config.settingsJson;
    this._storage = config.storage;
    this._timeouts.internalValue = config.timeouts;
    this._tlsNames = config.tlsNames;
  }

  // ==========
  // ATTRIBUTES
  // ==========

  // address - computed: true, optional: true, required: false
  private _address?: string; 
  public get address() {
    return this.getStringAttribute('address');
  }
  public set address(value: string) {
    this._address = value;
  }
  public resetAddress() {
    this._address = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get addressInput() {
    return this._address;
  }

  // api_address - computed: true, optional: false, required: false
  public get apiAddress() {
    return this.getStringAttribute('api_address');
  }

  // api_port - computed: true, optional: true, required: false
  private _apiPort?: number; 
  public get apiPort() {
    return this.getNumberAttribute('api_port');
  }
  public set apiPort(value: number) {
    this._apiPort = value;
  }
  public resetApiPort() {
    this._apiPort = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get apiPortInput() {
    return this._apiPort;
  }

  // ca_cert_pem - computed: true, optional: false, required: false
  public get caCertPem() {
    return this.getStringAttribute('ca_cert_pem');
  }

  // cluster_address - computed: true, optional: false, required: false
  public get clusterAddress() {
    return this.getStringAttribute('cluster_address');
  }

  // cluster_port - computed: true, optional: true, required: false
  private _clusterPort?: number; 
  public get clusterPort() {
    return this.getNumberAttribute('cluster_port');
  }
  public set clusterPort(value: number) {
    this._clusterPort = value;
  }
  public resetClusterPort() {
    this._clusterPort = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get clusterPortInput() {
    return this._clusterPort;
  }

  // delete_data - computed: true, optional: true, required: false
  private _deleteData?: boolean | cdktf.IResolvable; 
  public get deleteData() {
    return this.getBooleanAttribute('delete_data');
  }
  public set deleteData(value: boolean | cdktf.IResolvable) {
    this._deleteData = value;
  }
  public resetDeleteData() {
    this._deleteData = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get deleteDataInput() {
    return this._deleteData;
  }

  // directory - computed: false, optional: false, required: true
  private _directory?: string; 
  public get directory() {
    return this.getStringAttribute('directory');
  }
  public set directory(value: string) {
    this._directory = value;
  }
  // Temporarily expose input value. Use with caution.
  public get directoryInput() {
    return this._directory;
  }

  // id - computed: true, optional: false, required: false
  public get id() {
    return this.getStringAttribute('id');
  }

  // log_level - computed: true, optional: true, required: false
  private _logLevel?: string; 
  public get logLevel() {
    return this.getStringAttribute('log_level');
  }
  public set logLevel(value: string) {
    this._logLevel = value;
  }
  public resetLogLevel() {
    this._logLevel = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get logLevelInput() {
    return this._logLevel;
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

  // pid - computed: true, optional: false, required: false
  public get pid() {
    return this.getNumberAttribute('pid');
  }

  // running - computed: true, optional: false, required: false
  public get running() {
    return this.getBooleanAttribute('running');
  }

  // seal - computed: true, optional: true, required: false
  private _seal?: string; 
  public get seal() {
    return this.getStringAttribute('seal');
  }
  public set seal(value: string) {
    this._seal = value;
  }
  public resetSeal() {
    this._seal = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get sealInput() {
    return this._seal;
  }

  // server_executable - computed: false, optional: true, required: false
  private _serverExecutable?: string; 
  public get serverExecutable() {
    return this.getStringAttribute('server_executable');
  }
  public set serverExecutable(value: string) {
    this._serverExecutable = value;
  }
  public resetServerExecutable() {
    this._serverExecutable = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get serverExecutableInput() {
    return this._serverExecutable;
  }

  // settings_json - computed: false, optional: true, required: false
  private _settingsJson?: string; 
  public get settingsJson() {
    return this.getStringAttribute('settings_json');
  }
  public set settingsJson(value: string) {
    this._settingsJson = value;
  }
  public resetSettingsJson() {
    this._settingsJson = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get settingsJsonInput() {
    return this._settingsJson;
  }

  // storage - computed: true, optional: true, required: false
  private _storage?: string; 
  public get storage() {
    return this.getStringAttribute('storage');
  }
  public set storage(value: string) {
    this._storage = value;
  }
  public resetStorage() {
    this._storage = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get storageInput() {
    return this._storage;
  }

  // timeouts - computed: false, optional: true, required: false
  private _timeouts = new NodeTimeoutsOutputReference(this, "timeouts");
  public get timeouts() {
    return this._timeouts;
  }
  public putTimeouts(value: NodeTimeouts) {
    this._timeouts.internalValue = value;
  }
  public resetTimeouts() {
    this._timeouts.internalValue = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get timeoutsInput() {
    return this._timeouts.internalValue;
  }

  // tls_names - computed: false, optional: true, required: false
  private _tlsNames?: string[]; 
  public get tlsNames() {
    return cdktf.Fn.tolist(this.getListAttribute('tls_names'));
  }
  public set tlsNames(value: string[]) {
    this._tlsNames = value;
  }
  public resetTlsNames() {
    this._tlsNames = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get tlsNamesInput() {
    return this._tlsNames;
  }

  // =========
  // SYNTHESIS
  // =========

  protected synthesizeAttributes(): { [name: string]: any } {
    return {
      address: cdktf.stringToTerraform(this._address),
      api_port: cdktf.numberToTerraform(this._apiPort),
      cluster_port: cdktf.numberToTerraform(this._clusterPort),
      delete_data: cdktf.booleanToTerraform(this._deleteData),
      directory: cdktf.stringToTerraform(this._directory),
      log_level: cdktf.stringToTerraform(this._logLevel),
      name: cdktf.stringToTerraform(this._name),
      seal: cdktf.stringToTerraform(this._seal),
      server_executable: cdktf.stringToTerraform(this._serverExecutable),
      settings_json: cdktf.stringToTerraform(this._settingsJson),
      storage: cdktf.stringToTerraform(this._storage),
      timeouts: nodeTimeoutsToTerraform(this._timeouts.internalValue),
      tls_names: cdktf.listMapper(cdktf.stringToTerraform, false)(this._tlsNames),
    };
  }

  protected synthesizeHclAttributes(): { [name: string]: any } {
    const attrs = {
      address: {
        value: cdktf.stringToHclTerraform(this._address),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      api_port: {
        value: cdktf.numberToHclTerraform(this._apiPort),
        isBlock: false,
        type: "simple",
        storageClassType: "number",
      },
      cluster_port: {
        value: cdktf.numberToHclTerraform(this._clusterPort),
        isBlock: false,
        type: "simple",
        storageClassType: "number",
      },
      delete_data: {
        value: cdktf.booleanToHclTerraform(this._deleteData),
        isBlock: false,
        type: "simple",
        storageClassType: "boolean",
      },
      directory: {
        value: cdktf.stringToHclTerraform(this._directory),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      log_level: {
        value: cdktf.stringToHclTerraform(this._logLevel),
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
      seal: {
        value: cdktf.stringToHclTerraform(this._seal),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      server_executable: {
        value: cdktf.stringToHclTerraform(this._serverExecutable),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      settings_json: {
        value: cdktf.stringToHclTerraform(this._settingsJson),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      storage: {
        value: cdktf.stringToHclTerraform(this._storage),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      timeouts: {
        value: nodeTimeoutsToHclTerraform(this._timeouts.internalValue),
        isBlock: true,
        type: "struct",
        storageClassType: "NodeTimeouts",
      },
      tls_names: {
        value: cdktf.listMapperHcl(cdktf.stringToHclTerraform, false)(this._tlsNames),
        isBlock: false,
        type: "set",
        storageClassType: "stringList",
      },
    };

    // remove undefined attributes
    return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined ))
  }
}
