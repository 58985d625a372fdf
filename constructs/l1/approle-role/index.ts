// https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role
// generated from terraform resource schema

import { Construct } from 'constructs';
import * as cdktf from 'cdktf';

// Configuration

export interface ApproleRoleConfig extends cdktf.TerraformMetaArguments {
  /**
  * Whether a login needs a secret id beside the role id.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role#bind_secret_id ApproleRole#bind_secret_id}
  */
  readonly bindSecretId?: boolean | cdktf.IResolvable;
  /**
  * Which cluster: a key of the provider's `clusters`, the name of a `meridian_cluster`, or the name of a `meridian_topology`, which stands for whichever cluster is its primary at the moment. May be left out when the provider knows exactly one cluster.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role#cluster ApproleRole#cluster}
  */
  readonly cluster?: string;
  /**
  * Path of the auth method.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role#mount ApproleRole#mount}
  */
  readonly mount?: string;
  /**
  * Name of the role.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role#name ApproleRole#name}
  */
  readonly name: string;
  /**
  * The role id. The server makes one if absent.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role#role_id ApproleRole#role_id}
  */
  readonly roleId?: string;
  /**
  * How many logins a secret id allows; 0 is any number.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role#secret_id_num_uses ApproleRole#secret_id_num_uses}
  */
  readonly secretIdNumUses?: number;
  /**
  * How long a secret id is valid, in seconds; 0 is for ever.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role#secret_id_ttl_seconds ApproleRole#secret_id_ttl_seconds}
  */
  readonly secretIdTtlSeconds?: number;
  /**
  * Longest lifetime of issued tokens in seconds; 0 is the mount's.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role#token_max_ttl_seconds ApproleRole#token_max_ttl_seconds}
  */
  readonly tokenMaxTtlSeconds?: number;
  /**
  * How many requests an issued token allows; 0 is any number.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role#token_num_uses ApproleRole#token_num_uses}
  */
  readonly tokenNumUses?: number;
  /**
  * Policies of the tokens issued by a login.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role#token_policies ApproleRole#token_policies}
  */
  readonly tokenPolicies?: string[];
  /**
  * Lifetime of issued tokens in seconds; 0 is the mount's default.
  *
  * Docs at Terraform Registry: {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role#token_ttl_seconds ApproleRole#token_ttl_seconds}
  */
  readonly tokenTtlSeconds?: number;
}

/**
* Represents a {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role meridian_approle_role}
*/
export class ApproleRole extends cdktf.TerraformResource {

  // =================
  // STATIC PROPERTIES
  // =================
  public static readonly tfResourceType = "meridian_approle_role";

  // ==============
  // STATIC Methods
  // ==============
  /**
  * Generates CDKTF code for importing a ApproleRole resource upon running "cdktf plan <stack-name>"
  * @param scope The scope in which to define this construct
  * @param importToId The construct id used in the generated config for the ApproleRole to import
  * @param importFromId The id of the existing ApproleRole that should be imported. Refer to the {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role#import import section} in the documentation of this resource for the id to use
  * @param provider? Optional instance of the provider where the ApproleRole to import is found
  */
  public static generateConfigForImport(scope: Construct, importToId: string, importFromId: string, provider?: cdktf.TerraformProvider) {
        return new cdktf.ImportableResource(scope, importToId, { terraformResourceType: "meridian_approle_role", importId: importFromId, provider });
      }

  // ===========
  // INITIALIZER
  // ===========

  /**
  * Create a new {@link https://meridian.dev/providers/meridian/meridian/0.1.0/docs/resources/approle_role meridian_approle_role} Resource
  *
  * @param scope The scope in which to define this construct
  * @param id The scoped construct ID. Must be unique amongst siblings in the same scope
  * @param options ApproleRoleConfig
  */
  public constructor(scope: Construct, id: string, config: ApproleRoleConfig) {
    super(scope, id, {
      terraformResourceType: 'meridian_approle_role',
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
    this._bindSecretId = config.bindSecretId;
    this._cluster = config.cluster;
    this._mount = config.mount;
    this._name = config.name;
    this._roleId = config.roleId;
    this._secretIdNumUses = config.secretIdNumUses;
    this._secretIdTtlSeconds = config.secretIdTtlSeconds;
    this._tokenMaxTtlSeconds = config.tokenMaxTtlSeconds;
    this._tokenNumUses = config.tokenNumUses;
    this._tokenPolicies = config.tokenPolicies;
    this._tokenTtlSeconds = config.tokenTtlSeconds;
  }

  // ==========
  // ATTRIBUTES
  // ==========

  // bind_secret_id - computed: true, optional: true, required: false
  private _bindSecretId?: boolean | cdktf.IResolvable; 
  public get bindSecretId() {
    return this.getBooleanAttribute('bind_secret_id');
  }
  public set bindSecretId(value: boolean | cdktf.IResolvable) {
    this._bindSecretId = value;
  }
  public resetBindSecretId() {
    this._bindSecretId = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get bindSecretIdInput() {
    return this._bindSecretId;
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

  // role_id - computed: true, optional: true, required: false
  private _roleId?: string; 
  public get roleId() {
    return this.getStringAttribute('role_id');
  }
  public set roleId(value: string) {
    this._roleId = value;
  }
  public resetRoleId() {
    this._roleId = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get roleIdInput() {
    return this._roleId;
  }

  // secret_id_num_uses - computed: true, optional: true, required: false
  private _secretIdNumUses?: number; 
  public get secretIdNumUses() {
    return this.getNumberAttribute('secret_id_num_uses');
  }
  public set secretIdNumUses(value: number) {
    this._secretIdNumUses = value;
  }
  public resetSecretIdNumUses() {
    this._secretIdNumUses = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get secretIdNumUsesInput() {
    return this._secretIdNumUses;
  }

  // secret_id_ttl_seconds - computed: true, optional: true, required: false
  private _secretIdTtlSeconds?: number; 
  public get secretIdTtlSeconds() {
    return this.getNumberAttribute('secret_id_ttl_seconds');
  }
  public set secretIdTtlSeconds(value: number) {
    this._secretIdTtlSeconds = value;
  }
  public resetSecretIdTtlSeconds() {
    this._secretIdTtlSeconds = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get secretIdTtlSecondsInput() {
    return this._secretIdTtlSeconds;
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

  // token_num_uses - computed: true, optional: true, required: false
  private _tokenNumUses?: number; 
  public get tokenNumUses() {
    return this.getNumberAttribute('token_num_uses');
  }
  public set tokenNumUses(value: number) {
    this._tokenNumUses = value;
  }
  public resetTokenNumUses() {
    this._tokenNumUses = undefined;
  }
  // Temporarily expose input value. Use with caution.
  public get tokenNumUsesInput() {
    return this._tokenNumUses;
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

  // =========
  // SYNTHESIS
  // =========

  protected synthesizeAttributes(): { [name: string]: any } {
    return {
      bind_secret_id: cdktf.booleanToTerraform(this._bindSecretId),
      cluster: cdktf.stringToTerraform(this._cluster),
      mount: cdktf.stringToTerraform(this._mount),
      name: cdktf.stringToTerraform(this._name),
      role_id: cdktf.stringToTerraform(this._roleId),
      secret_id_num_uses: cdktf.numberToTerraform(this._secretIdNumUses),
      secret_id_ttl_seconds: cdktf.numberToTerraform(this._secretIdTtlSeconds),
      token_max_ttl_seconds: cdktf.numberToTerraform(this._tokenMaxTtlSeconds),
      token_num_uses: cdktf.numberToTerraform(this._tokenNumUses),
      token_policies: cdktf.listMapper(cdktf.stringToTerraform, false)(this._tokenPolicies),
      token_ttl_seconds: cdktf.numberToTerraform(this._tokenTtlSeconds),
    };
  }

  protected synthesizeHclAttributes(): { [name: string]: any } {
    const attrs = {
      bind_secret_id: {
        value: cdktf.booleanToHclTerraform(this._bindSecretId),
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
      role_id: {
        value: cdktf.stringToHclTerraform(this._roleId),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      secret_id_num_uses: {
        value: cdktf.numberToHclTerraform(this._secretIdNumUses),
        isBlock: false,
        type: "simple",
        storageClassType: "number",
      },
      secret_id_ttl_seconds: {
        value: cdktf.numberToHclTerraform(this._secretIdTtlSeconds),
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
      token_num_uses: {
        value: cdktf.numberToHclTerraform(this._tokenNumUses),
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
    };

    // remove undefined attributes
    return Object.fromEntries(Object.entries(attrs).filter(([_, value]) => value !== undefined && value.value !== undefined ))
  }
}
