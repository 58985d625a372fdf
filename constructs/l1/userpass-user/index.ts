// https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/userpass_user
// generated from terraform resource schema

import { Construct } from 'constructs';
import * as cdktf from 'cdktf';

// Configuration

export interface UserpassUserConfig extends cdktf.TerraformMetaArguments {
  /**
  * Which cluster: a key of the provider's `clusters`, the name of a `meridian_cluster`, or the name of a `meridian_topology`, which stands for whichever cluster is its primary at the moment. May be left out when the provider knows exactly one cluster.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/userpass_user#cluster UserpassUser#cluster}
  */
  readonly cluster?: string;
  /**
  * Path of the auth method.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/userpass_user#mount UserpassUser#mount}
  */
  readonly mount?: string;
  /**
  * The password. A change takes effect when `password_wo_version` changes.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/userpass_user#password_wo UserpassUser#password_wo}
  */
  readonly passwordWo: string;
  /**
  * Raise it to set the password again.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/userpass_user#password_wo_version UserpassUser#password_wo_version}
  */
  readonly passwordWoVersion?: number;
  /**
  * Longest lifetime of issued tokens in seconds; 0 is the mount's.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/userpass_user#token_max_ttl_seconds UserpassUser#token_max_ttl_seconds}
  */
  readonly tokenMaxTtlSeconds?: number;
  /**
  * Policies of the tokens issued by a login.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/userpass_user#token_policies UserpassUser#token_policies}
  */
  readonly tokenPolicies?: string[];
  /**
  * Lifetime of issued tokens in seconds; 0 is the mount's default.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/userpass_user#token_ttl_seconds UserpassUser#token_ttl_seconds}
  */
  readonly tokenTtlSeconds?: number;
  /**
  * Name, in lower case.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/userpass_user#username UserpassUser#username}
  */
  readonly username: string;
}

/**
* Represents a {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/userpass_user meridian_userpass_user}
*/
export class UserpassUser extends cdktf.TerraformResource {

  // =================
  // STATIC PROPERTIES
  // =================
  public static readonly tfResourceType = "meridian_userpass_user";

  // ==============
  // STATIC Methods
  // ==============
  /**
  * Generates CDKTF code for importing a UserpassUser resource upon running "cdktf plan <stack-name>"
  * @param scope The scope in which to define this construct
  * @param importToId The construct id used in the generated config for the UserpassUser to import
  * @param importFromId The id of the existing UserpassUser that should be imported. Refer to the {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/userpass_user#import import section} in the documentation of this resource for the id to use
  * @param provider? Optional instance of the provider where the UserpassUser to import is found
  */
  public static generateConfigForImport(scope: Construct, importToId: string, importFromId: string, provider?: cdktf.TerraformProvider) {
        return new cdktf.ImportableResource(scope, importToId, { terraformResourceType: "meridian_userpass_user", importId: importFromId, provider });
      }

  // ===========
  // INITIALIZER
  // ===========

  /**
  * Create a new {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/userpass_user meridian_userpass_user} Resource
  *
  * @param scope The scope in which to define this construct
  * @param id The scoped construct ID. Must be unique amongst siblings in the same scope
  * @param options UserpassUserConfig
  */
  public constructor(scope: Construct, id: string, config: UserpassUserConfig) {
    super(scope, id, {
      terraformResourceType: 'meridian_userpass_user',
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
    this._mount = config.mount;
    this._passwordWo = config.passwordWo;
    this._passwordWoVersion = config.passwordWoVersion;
    this._tokenMaxTtlSeconds = config.tokenMaxTtlSeconds;
    this._tokenPolicies = config.tokenPolicies;
    this._tokenTtlSeconds = config.tokenTtlSeconds;
    this._username = config.username;
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

  // id - computed: true, optional: false, required: false
  public get id() {
    return this.getStringAttribute('id');
  }

  // mount - computed: true, optional: true, required: false
  private _mount?: string; 
  public get mount() {
    return this.getStringAttribute('mount');
  }
  public set mount(value: string) {
    this._mount = value;
  }
  public resetMount() {
    this._mount = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get mountInput() {
    return this._mount;
  }

  // password_wo - computed: false, optional: false, required: true
  private _passwordWo?: string; 
  public get passwordWo() {
    return this.getStringAttribute('password_wo');
  }
  public set passwordWo(value: string) {
    this._passwordWo = value;
  }
  // Temporarily expose input value. Use with caution.
  public get passwordWoInput() {
    return this._passwordWo;
  }

  // password_wo_version - computed: true, optional: true, required: false
  private _passwordWoVersion?: number; 
  public get passwordWoVersion() {
    return this.getNumberAttribute('password_wo_version');
  }
  public set passwordWoVersion(value: number) {
    this._passwordWoVersion = value;
  }
  public resetPasswordWoVersion() {
    this._passwordWoVersion = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get passwordWoVersionInput() {
    return this._passwordWoVersion;
  }

  // token_max_ttl_seconds - computed: true, optional: true, required: false
  private _tokenMaxTtlSeconds?: number; 
  public get tokenMaxTtlSeconds() {
    return this.getNumberAttribute('token_max_ttl_seconds');
  }
  public set tokenMaxTtlSeconds(value: number) {
    this._tokenMaxTtlSeconds = value;
  }
  public resetTokenMaxTtlSeconds() {
    this._tokenMaxTtlSeconds = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get tokenMaxTtlSecondsInput() {
    return this._tokenMaxTtlSeconds;
  }

  // token_policies - computed: false, optional: true, required: false
  private _tokenPolicies?: string[]; 
  public get tokenPolicies() {
    return cdktf.Fn.tolist(this.getListAttribute('token_policies'));
  }
  public set tokenPolicies(value: string[]) {
    this._tokenPolicies = value;
  }
  public resetTokenPolicies() {
    this._tokenPolicies = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get tokenPoliciesInput() {
    return this._tokenPolicies;
  }

  // token_ttl_seconds - computed: true, optional: true, required: false
  private _tokenTtlSeconds?: number; 
  public get tokenTtlSeconds() {
    return this.getNumberAttribute('token_ttl_seconds');
  }
  public set tokenTtlSeconds(value: number) {
    this._tokenTtlSeconds = value;
  }
  public resetTokenTtlSeconds() {
    this._tokenTtlSeconds = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get tokenTtlSecondsInput() {
    return this._tokenTtlSeconds;
  }

  // username - computed: false, optional: false, required: true
  private _username?: string; 
  public get username() {
    return this.getStringAttribute('username');
  }
  public set username(value: string) {
    this._username = value;
  }
  // Temporarily expose input value. Use with caution.
  public get usernameInput() {
    return this._username;
  }

  // =========
  // SYNTHESIS
  // =========

  protected synthesizeAttributes(): { [name: string]: any } {
    return {
      cluster: cdktf.stringToTerraform(this._cluster),
      mount: cdktf.stringToTerraform(this._mount),
      password_wo: cdktf.stringToTerraform(this._passwordWo),
      password_wo_version: cdktf.numberToTerraform(this._passwordWoVersion),
      token_max_ttl_seconds: cdktf.numberToTerraform(this._tokenMaxTtlSeconds),
      token_policies: cdktf.listMapper(cdktf.stringToTerraform, false)(this._tokenPolicies),
      token_ttl_seconds: cdktf.numberToTerraform(this._tokenTtlSeconds),
      username: cdktf.stringToTerraform(this._username),
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
      mount: {
        value: cdktf.stringToHclTerraform(this._mount),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      password_wo: {
        value: cdktf.stringToHclTerraform(this._passwordWo),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      password_wo_version: {
        value: cdktf.numberToHclTerraform(this._passwordWoVersion),
        isBlock: false,
        type: "simple",
        storageClassType: "number",
      },
      token_max_ttl_seconds: {
        value: cdktf.numberToHclTerraform(this._tokenMaxTtlSeconds),
        isBlock: false,
        type: "simple",
        storageClassType: "number",
      },
      token_policies: {
        value: cdktf.listMapperHcl(cdktf.stringToHclTerraform, false)(this._tokenPolicies),
        isBlock: false,
        type: "set",
        storageClassType: "stringList",
      },
      token_ttl_seconds: {
        value: cdktf.numberToHclTerraform(this._tokenTtlSeconds),
        isBlock: false,
        type: "simple",
        storageClassType: "number",
      },
      username: {
        value: cdktf.stringToHclTerraform(this._username),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
    };

    // remove undefined attributes
    return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined ))
  }
}
