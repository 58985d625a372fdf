// https://meridian.dev/providers/meridian/meridian/0.1.0/docs
// generated from terraform resource schema

import { Construct } from 'constructs';
import * as cdktf from 'cdktf';

// Configuration

export interface MeridianProviderConfig {
  /**
  * Log in to every cluster with these.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#auth_login MeridianProvider#auth_login}
  */
  readonly authLogin?: MeridianProviderAuthLogin;
  /**
  * Clusters by name. Those that a `meridian_cluster` of this configuration initialises need not be listed: they are found in the operator file.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#clusters MeridianProvider#clusters}
  */
  readonly clusters?: { [key: string]: MeridianProviderClusters } | cdktf.IResolvable;
  /**
  * File for unseal shares and the administrators' credentials, written with mode 0600. Keep a copy offline. Default: `.meridian/operator.json` in Terraform's working directory; on a pipeline runner it must be given.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#operator_file MeridianProvider#operator_file}
  */
  readonly operatorFile?: string;
  /**
  * A token to use for every cluster. Absent: `auth_login`, then MERIDIAN_TOKEN or VAULT_TOKEN, then the operator file.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#token MeridianProvider#token}
  */
  readonly token?: string;
  /**
  * Alias name
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#alias MeridianProvider#alias}
  */
  readonly alias?: string;
}
export interface MeridianProviderAuthLogin {
  /**
  * `userpass` or `approle`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#method MeridianProvider#method}
  */
  readonly method: string;
  /**
  * Path of the auth method; the method's name if absent.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#mount MeridianProvider#mount}
  */
  readonly mount?: string;
  /**
  * For `userpass`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#password MeridianProvider#password}
  */
  readonly password?: string;
  /**
  * For `approle`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#role_id MeridianProvider#role_id}
  */
  readonly roleId?: string;
  /**
  * For `approle`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#secret_id MeridianProvider#secret_id}
  */
  readonly secretId?: string;
  /**
  * For `userpass`.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#username MeridianProvider#username}
  */
  readonly username?: string;
}

export function meridianProviderAuthLoginToTerraform(struct?: MeridianProviderAuthLogin | cdktf.IResolvable): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  return {
    method: cdktf.stringToTerraform(struct!.method),
    mount: cdktf.stringToTerraform(struct!.mount),
    password: cdktf.stringToTerraform(struct!.password),
    role_id: cdktf.stringToTerraform(struct!.roleId),
    secret_id: cdktf.stringToTerraform(struct!.secretId),
    username: cdktf.stringToTerraform(struct!.username),
  }
}


export function meridianProviderAuthLoginToHclTerraform(struct?: MeridianProviderAuthLogin | cdktf.IResolvable): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  const attrs = {
    method: {
      value: cdktf.stringToHclTerraform(struct!.method),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
    mount: {
      value: cdktf.stringToHclTerraform(struct!.mount),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
    password: {
      value: cdktf.stringToHclTerraform(struct!.password),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
    role_id: {
      value: cdktf.stringToHclTerraform(struct!.roleId),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
    secret_id: {
      value: cdktf.stringToHclTerraform(struct!.secretId),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
    username: {
      value: cdktf.stringToHclTerraform(struct!.username),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
  };

  // remove undefined attributes
  return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined));
}

export interface MeridianProviderClusters {
  /**
  * `https://host:port` of the API.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#api_address MeridianProvider#api_address}
  */
  readonly apiAddress: string;
  /**
  * Authority, in PEM, that signed the API's certificate.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#ca_cert_pem MeridianProvider#ca_cert_pem}
  */
  readonly caCertPem?: string;
  /**
  * `https://host:port` that other clusters use.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#cluster_address MeridianProvider#cluster_address}
  */
  readonly clusterAddress?: string;
}

export function meridianProviderClustersToTerraform(struct?: MeridianProviderClusters | cdktf.IResolvable): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  return {
    api_address: cdktf.stringToTerraform(struct!.apiAddress),
    ca_cert_pem: cdktf.stringToTerraform(struct!.caCertPem),
    cluster_address: cdktf.stringToTerraform(struct!.clusterAddress),
  }
}


export function meridianProviderClustersToHclTerraform(struct?: MeridianProviderClusters | cdktf.IResolvable): any {
  if (!cdktf.canInspect(struct) || cdktf.Tokenization.isResolvable(struct)) { return struct; }
  if (cdktf.isComplexElement(struct)) {
    throw new Error("A complex element was used as configuration, this is not supported: https://cdk.tf/complex-object-as-configuration");
  }
  const attrs = {
    api_address: {
      value: cdktf.stringToHclTerraform(struct!.apiAddress),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
    ca_cert_pem: {
      value: cdktf.stringToHclTerraform(struct!.caCertPem),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
    cluster_address: {
      value: cdktf.stringToHclTerraform(struct!.clusterAddress),
      isBlock: false,
      type: "simple",
      storageClassType: "string",
    },
  };

  // remove undefined attributes
  return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined));
}


/**
* Represents a {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs meridian}
*/
export class MeridianProvider extends cdktf.TerraformProvider {

  // =================
  // STATIC PROPERTIES
  // =================
  public static readonly tfResourceType = "meridian";

  // ==============
  // STATIC Methods
  // ==============
  /**
  * Generates CDKTF code for importing a MeridianProvider resource upon running "cdktf plan <stack-name>"
  * @param scope The scope in which to define this construct
  * @param importToId The construct id used in the generated config for the MeridianProvider to import
  * @param importFromId The id of the existing MeridianProvider that should be imported. Refer to the {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs#import import section} in the documentation of this resource for the id to use
  * @param provider? Optional instance of the provider where the MeridianProvider to import is found
  */
  public static generateConfigForImport(scope: Construct, importToId: string, importFromId: string, provider?: cdktf.TerraformProvider) {
        return new cdktf.ImportableResource(scope, importToId, { terraformResourceType: "meridian", importId: importFromId, provider });
      }

  // ===========
  // INITIALIZER
  // ===========

  /**
  * Create a new {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs meridian} Resource
  *
  * @param scope The scope in which to define this construct
  * @param id The scoped construct ID. Must be unique amongst siblings in the same scope
  * @param options MeridianProviderConfig = {}
  */
  public constructor(scope: Construct, id: string, config: MeridianProviderConfig = {}) {
    super(scope, id, {
      terraformResourceType: 'meridian',
      terraformGeneratorMetadata: {
        providerName: 'meridian',
        providerVersion: '0.1.0'
      },
      terraformProviderSource: 'meridian.dev/meridian/meridian'
    });
    this._authLogin = config.authLogin;
    this._clusters = config.clusters;
    this._operatorFile = config.operatorFile;
    this._token = config.token;
    this._alias = config.alias;
  }

  // ==========
  // ATTRIBUTES
  // ==========

  // auth_login - computed: false, optional: true, required: false
  private _authLogin?: MeridianProviderAuthLogin; 
  public get authLogin() {
    return this._authLogin;
  }
  public set authLogin(value: MeridianProviderAuthLogin | undefined) {
    this._authLogin = value;
  }
  public resetAuthLogin() {
    this._authLogin = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get authLoginInput() {
    return this._authLogin;
  }

  // clusters - computed: false, optional: true, required: false
  private _clusters?: { [key: string]: MeridianProviderClusters } | cdktf.IResolvable; 
  public get clusters() {
    return this._clusters;
  }
  public set clusters(value: { [key: string]: MeridianProviderClusters } | cdktf.IResolvable | undefined) {
    this._clusters = value;
  }
  public resetClusters() {
    this._clusters = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get clustersInput() {
    return this._clusters;
  }

  // operator_file - computed: false, optional: true, required: false
  private _operatorFile?: string; 
  public get operatorFile() {
    return this._operatorFile;
  }
  public set operatorFile(value: string | undefined) {
    this._operatorFile = value;
  }
  public resetOperatorFile() {
    this._operatorFile = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get operatorFileInput() {
    return this._operatorFile;
  }

  // token - computed: false, optional: true, required: false
  private _token?: string; 
  public get token() {
    return this._token;
  }
  public set token(value: string | undefined) {
    this._token = value;
  }
  public resetToken() {
    this._token = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get tokenInput() {
    return this._token;
  }

  // alias - computed: false, optional: true, required: false
  private _alias?: string; 
  public get alias() {
    return this._alias;
  }
  public set alias(value: string | undefined) {
    this._alias = value;
  }
  public resetAlias() {
    this._alias = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get aliasInput() {
    return this._alias;
  }

  // =========
  // SYNTHESIS
  // =========

  protected synthesizeAttributes(): { [name: string]: any } {
    return {
      auth_login: meridianProviderAuthLoginToTerraform(this._authLogin),
      clusters: cdktf.hashMapper(meridianProviderClustersToTerraform)(this._clusters),
      operator_file: cdktf.stringToTerraform(this._operatorFile),
      token: cdktf.stringToTerraform(this._token),
      alias: cdktf.stringToTerraform(this._alias),
    };
  }

  protected synthesizeHclAttributes(): { [name: string]: any } {
    const attrs = {
      auth_login: {
        value: meridianProviderAuthLoginToHclTerraform(this._authLogin),
        isBlock: true,
        type: "struct",
        storageClassType: "MeridianProviderAuthLogin",
      },
      clusters: {
        value: cdktf.hashMapperHcl(meridianProviderClustersToHclTerraform)(this._clusters),
        isBlock: true,
        type: "map",
        storageClassType: "MeridianProviderClustersMap",
      },
      operator_file: {
        value: cdktf.stringToHclTerraform(this._operatorFile),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      token: {
        value: cdktf.stringToHclTerraform(this._token),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      alias: {
        value: cdktf.stringToHclTerraform(this._alias),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
    };

    // remove undefined attributes
    return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined ))
  }
}
