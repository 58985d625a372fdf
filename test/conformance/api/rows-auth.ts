import type { Row } from "./row";

const TOKEN =
  "token_bound_cidrs,token_explicit_max_ttl,token_max_ttl,token_no_default_policy,token_num_uses,token_period,token_policies,token_ttl,token_type";
const SECRET_ID = "secret_id,secret_id_accessor,secret_id_num_uses,secret_id_ttl";
const SECRET_ID_FACTS =
  "cidr_list,creation_time,expiration_time,last_updated_time,metadata,secret_id_accessor,secret_id_num_uses,secret_id_ttl,token_bound_cidrs";

const userpass: readonly Row[] = [
  { call: "LIST auth/people/users", status: 404 },
  {
    covers: "auth/userpass users/{username} POST",
    call: "POST auth/people/users/ada",
    body: { password: "first-password", token_policies: "reader", token_ttl: "15m" },
    status: 204,
  },
  {
    covers: "auth/userpass users/{username} GET",
    call: "GET auth/people/users/ada",
    status: 200,
    data: TOKEN,
    match: { data: { token_policies: ["reader"], token_ttl: 900 } },
  },
  { call: "GET auth/people/users/absent", status: 404 },
  { call: "POST auth/people/users/nobody", body: { token_policies: "reader" }, status: 400, error: /password/ },
  {
    covers: "auth/userpass users LIST",
    call: "LIST auth/people/users",
    status: 200,
    match: { data: { keys: ["ada"] } },
  },
  {
    covers: "auth/userpass login/{username} POST",
    call: "POST auth/people/login/ADA",
    token: "",
    body: { password: "first-password" },
    status: 200,
    match: {
      data: null,
      auth: {
        policies: ["default", "reader"],
        metadata: { username: "ada" },
        lease_duration: 900,
        token_type: "service",
        orphan: true,
      },
    },
    save: { ada: "auth.client_token" },
  },
  {
    call: "GET auth/token/lookup-self",
    token: "ada",
    status: 200,
    match: { data: { path: "auth/people/login/ADA", display_name: "people-ada" } },
  },
  {
    call: "POST auth/people/login/ada",
    token: "",
    body: { password: "wrong" },
    status: 400,
    error: /^invalid username or password$/,
  },
  {
    call: "POST auth/people/login/absent",
    token: "",
    body: { password: "wrong" },
    status: 400,
    error: /^invalid username or password$/,
  },
  { call: "POST auth/people/login/ada", token: "", body: {}, status: 400, error: /password/ },
  {
    covers: "auth/userpass users/{username}/password POST",
    call: "POST auth/people/users/ada/password",
    body: { password: "second-password" },
    status: 204,
  },
  { call: "POST auth/people/login/ada", token: "", body: { password: "first-password" }, status: 400 },
  {
    covers: "auth/userpass users/{username}/policies POST",
    call: "POST auth/people/users/ada/policies",
    body: { token_policies: ["json"] },
    status: 204,
  },
  {
    call: "PUT auth/people/login/ada",
    token: "",
    body: { password: "second-password" },
    status: 200,
    match: { auth: { policies: ["default", "json"] } },
  },
  { covers: "auth/userpass users/{username} DELETE", call: "DELETE auth/people/users/ada", status: 204 },
  {
    call: "POST auth/people/login/ada",
    token: "",
    body: { password: "second-password" },
    status: 400,
    error: /^invalid username or password$/,
  },
];

const role: readonly Row[] = [
  { call: "LIST auth/approle/role", status: 404 },
  {
    covers: "auth/approle role/{role_name} POST",
    call: "POST auth/approle/role/app",
    body: {
      token_policies: "reader",
      token_ttl: "10m",
      token_max_ttl: "1h",
      secret_id_num_uses: 3,
      secret_id_ttl: "30m",
    },
    status: 204,
  },
  {
    covers: "auth/approle role/{role_name} GET",
    call: "GET auth/approle/role/app",
    status: 200,
    data: `${TOKEN},bind_secret_id,local_secret_ids,secret_id_bound_cidrs,secret_id_num_uses,secret_id_ttl`,
    match: {
      data: {
        bind_secret_id: true,
        token_policies: ["reader"],
        secret_id_num_uses: 3,
        secret_id_ttl: 1800,
        token_ttl: 600,
      },
    },
  },
  { call: "GET auth/approle/role/absent", status: 404 },
  { covers: "auth/approle role LIST", call: "LIST auth/approle/role", status: 200, match: { data: { keys: ["app"] } } },
  {
    covers: "auth/approle role/{role_name}/role-id GET",
    call: "GET auth/approle/role/app/role-id",
    status: 200,
    data: "role_id",
    save: { roleId: "data.role_id" },
  },
  { call: "GET auth/approle/role/absent/role-id", status: 404 },
];

const secretIds: readonly Row[] = [
  { call: "LIST auth/approle/role/app/secret-id", status: 404 },
  {
    covers: "auth/approle role/{role_name}/secret-id POST",
    call: "POST auth/approle/role/app/secret-id",
    body: { metadata: '{"host":"a"}' },
    status: 200,
    data: SECRET_ID,
    match: { data: { secret_id_num_uses: 3, secret_id_ttl: 1800 } },
    save: { secretId: "data.secret_id", secretAccessor: "data.secret_id_accessor" },
  },
  {
    covers: "auth/approle role/{role_name}/secret-id LIST",
    call: "LIST auth/approle/role/app/secret-id",
    status: 200,
    data: "keys",
  },
  {
    covers: "auth/approle role/{role_name}/secret-id/lookup POST",
    call: "POST auth/approle/role/app/secret-id/lookup",
    body: { secret_id: "{secretId}" },
    status: 200,
    data: SECRET_ID_FACTS,
    match: { data: { metadata: { host: "a" } } },
  },
  { call: "POST auth/approle/role/app/secret-id/lookup", body: { secret_id: "absent" }, status: 204 },
  {
    covers: "auth/approle role/{role_name}/secret-id-accessor/lookup POST",
    call: "POST auth/approle/role/app/secret-id-accessor/lookup",
    body: { secret_id_accessor: "{secretAccessor}" },
    status: 200,
    data: SECRET_ID_FACTS,
  },
  {
    covers: "auth/approle login POST",
    call: "POST auth/approle/login",
    token: "",
    body: { role_id: "{roleId}", secret_id: "{secretId}" },
    status: 200,
    match: {
      auth: {
        policies: ["default", "reader"],
        metadata: { role_name: "app", host: "a" },
        lease_duration: 600,
        orphan: true,
      },
    },
  },
  {
    call: "POST auth/approle/login",
    token: "",
    body: { role_id: "{roleId}", secret_id: "wrong" },
    status: 400,
    error: /^invalid role or secret ID$/,
  },
  {
    call: "POST auth/approle/login",
    token: "",
    body: { role_id: "wrong", secret_id: "{secretId}" },
    status: 400,
    error: /^invalid role or secret ID$/,
  },
  {
    call: "POST auth/approle/login",
    token: "",
    body: { secret_id: "{secretId}" },
    status: 400,
    error: /role_id|role or secret ID/,
  },
  {
    call: "POST auth/approle/login",
    token: "",
    body: { role_id: "{roleId}" },
    status: 400,
    error: /secret_id|role or secret ID/,
  },
  {
    covers: "auth/approle role/{role_name}/custom-secret-id POST",
    call: "POST auth/approle/role/app/custom-secret-id",
    body: { secret_id: "my-own-secret-id" },
    status: 200,
    data: SECRET_ID,
    match: { data: { secret_id: "my-own-secret-id" } },
    save: { ownAccessor: "data.secret_id_accessor" },
  },
  {
    covers: "auth/approle role/{role_name}/role-id POST",
    call: "POST auth/approle/role/app/role-id",
    body: { role_id: "my-own-role-id" },
    status: 204,
  },
  {
    call: "POST auth/approle/login",
    token: "",
    body: { role_id: "my-own-role-id", secret_id: "my-own-secret-id" },
    status: 200,
  },
  { call: "POST auth/approle/role/other", body: { token_policies: "json" }, status: 204 },
  {
    call: "POST auth/approle/role/other/secret-id-accessor/destroy",
    body: { secret_id_accessor: "{ownAccessor}" },
    status: 404,
  },
  {
    call: "POST auth/approle/login",
    token: "",
    body: { role_id: "my-own-role-id", secret_id: "my-own-secret-id" },
    status: 200,
  },
  {
    covers: "auth/approle role/{role_name}/secret-id-accessor/destroy POST",
    call: "POST auth/approle/role/app/secret-id-accessor/destroy",
    body: { secret_id_accessor: "{ownAccessor}" },
    status: 204,
  },
  {
    call: "POST auth/approle/login",
    token: "",
    body: { role_id: "my-own-role-id", secret_id: "my-own-secret-id" },
    status: 400,
  },
  {
    covers: "auth/approle role/{role_name}/secret-id/destroy POST",
    call: "POST auth/approle/role/app/secret-id/destroy",
    body: { secret_id: "{secretId}" },
    status: 204,
  },
  {
    call: "POST auth/approle/login",
    token: "",
    body: { role_id: "my-own-role-id", secret_id: "{secretId}" },
    status: 400,
    error: /^invalid role or secret ID$/,
  },
  { covers: "auth/approle role/{role_name} DELETE", call: "DELETE auth/approle/role/app", status: 204 },
  { call: "GET auth/approle/role/app", status: 404 },
  { call: "DELETE sys/auth/people", status: 204 },
  { call: "POST auth/people/login/ada", token: "", body: { password: "second-password" }, status: 403 },
];

export const authRows: readonly Row[] = [...userpass, ...role, ...secretIds];
