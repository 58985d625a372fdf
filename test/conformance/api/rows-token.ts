import type { Row } from "./row";

const AUTH = {
  renewable: true,
  token_type: "service",
  orphan: false,
  num_uses: 0,
  entity_id: "",
  mfa_requirement: null,
};
const FACTS =
  "accessor,creation_time,creation_ttl,display_name,entity_id,expire_time,explicit_max_ttl,id,meta,num_uses,orphan,path,policies,ttl,type";

const creation: readonly Row[] = [
  {
    covers: "auth/token create POST",
    call: "POST auth/token/create",
    body: { policies: ["reader"], ttl: "10m", meta: { team: "a" }, display_name: "Job" },
    status: 200,
    match: {
      data: null,
      auth: {
        ...AUTH,
        policies: ["default", "reader"],
        token_policies: ["default", "reader"],
        metadata: { team: "a" },
        lease_duration: 600,
      },
    },
    save: { child: "auth.client_token", childAccessor: "auth.accessor" },
  },
  {
    call: "GET auth/token/lookup-self",
    token: "child",
    status: 200,
    data: FACTS,
    match: {
      data: {
        display_name: "token-Job",
        meta: { team: "a" },
        orphan: false,
        path: "auth/token/create",
        creation_ttl: 600,
        type: "service",
        renewable: true,
      },
    },
  },
  {
    covers: "auth/token create-orphan POST",
    call: "POST auth/token/create-orphan",
    body: { policies: ["reader"], no_default_policy: true },
    status: 200,
    match: { auth: { orphan: true, policies: ["reader"] } },
    save: { orphan: "auth.client_token" },
  },
  {
    call: "POST auth/token/create",
    body: { no_parent: true, type: "batch", policies: ["reader"], ttl: "1h" },
    status: 200,
    match: { auth: { token_type: "batch", orphan: true, renewable: false, accessor: "" } },
    save: { batch: "auth.client_token" },
  },
  {
    call: "GET auth/token/lookup-self",
    token: "batch",
    status: 200,
    match: { data: { type: "batch", orphan: true, accessor: "" } },
  },
  { call: "POST auth/token/renew-self", token: "batch", body: {}, status: 400, error: /batch/ },
  {
    call: "POST auth/token/create",
    body: { id: "my-own-id", policies: ["reader"] },
    status: 200,
    match: { auth: { client_token: "my-own-id" } },
  },
  { call: "POST auth/token/create", body: { id: "hvs.own", policies: ["reader"] }, status: 400 },
  { call: "POST auth/token/create", body: { ttl: "soon" }, status: 400, error: /ttl/ },
  { call: "POST auth/token/create", token: "orphan", body: {}, status: 403, error: /permission denied/ },
  {
    call: "POST auth/token/create",
    body: { policies: ["reader"], num_uses: 2 },
    status: 200,
    match: { auth: { num_uses: 2 } },
    save: { limited: "auth.client_token" },
  },
  { call: "GET auth/token/lookup-self", token: "limited", status: 200 },
  { call: "GET auth/token/lookup-self", token: "limited", status: 200 },
  { call: "GET auth/token/lookup-self", token: "limited", status: 403, error: /permission denied/ },
  {
    call: "POST auth/token/create",
    body: { policies: ["reader"], period: "1h" },
    status: 200,
    match: { auth: { lease_duration: 3600, renewable: true } },
    save: { periodic: "auth.client_token" },
  },
  {
    call: "POST auth/token/renew-self",
    token: "periodic",
    body: { increment: "5h" },
    status: 200,
    match: { auth: { lease_duration: 3600 } },
  },
  {
    call: "POST auth/token/create",
    body: { policies: ["reader"], ttl: "20m", explicit_max_ttl: "30m" },
    status: 200,
    save: { capped: "auth.client_token" },
  },
  {
    call: "POST auth/token/renew-self",
    token: "capped",
    body: { increment: "5h" },
    status: 200,
    top: "warnings",
    match: { auth: { renewable: true } },
  },
];

const lookups: readonly Row[] = [
  {
    covers: "auth/token lookup-self GET",
    call: "GET auth/token/lookup-self",
    status: 200,
    data: FACTS,
    match: { data: { policies: ["root"], expire_time: null, ttl: 0, path: "auth/token/root", orphan: true } },
  },
  {
    covers: "auth/token lookup POST",
    call: "POST auth/token/lookup",
    body: { token: "{child}" },
    status: 200,
    data: `${FACTS},issue_time,renewable`,
  },
  { call: "POST auth/token/lookup", body: { token: "absent" }, status: 403, error: /bad token/ },
  {
    covers: "auth/token lookup-self POST",
    call: "POST auth/token/lookup-self",
    token: "",
    body: {},
    status: 403,
    error: /permission denied/,
  },
  {
    covers: "auth/token lookup-accessor POST",
    call: "POST auth/token/lookup-accessor",
    body: { accessor: "{childAccessor}" },
    status: 200,
    match: { data: { id: "" } },
    data: FACTS,
  },
  { call: "POST auth/token/lookup-accessor", body: { accessor: "absent" }, status: 403, error: /invalid accessor/ },
  { covers: "auth/token accessors LIST", call: "LIST auth/token/accessors", status: 200, data: "keys" },
  {
    covers: "auth/token renew POST",
    call: "POST auth/token/renew",
    body: { token: "{child}", increment: 120 },
    status: 200,
    match: { auth: { renewable: true, policies: ["default", "reader"] } },
  },
  {
    covers: "auth/token renew-self POST",
    call: "POST auth/token/renew-self",
    token: "child",
    body: {},
    status: 200,
    match: { auth: { renewable: true } },
  },
  {
    covers: "auth/token renew-accessor POST",
    call: "POST auth/token/renew-accessor",
    body: { accessor: "{childAccessor}" },
    status: 200,
    match: { auth: { client_token: "" } },
  },
  { call: "POST auth/token/renew", body: { token: "absent" }, status: 403 },
];

const roles: readonly Row[] = [
  {
    covers: "auth/token roles/{role_name} POST",
    call: "POST auth/token/roles/job",
    body: {
      allowed_policies: "reader",
      orphan: true,
      renewable: false,
      token_period: 0,
      token_explicit_max_ttl: "2h",
      path_suffix: "nightly",
    },
    status: 204,
  },
  {
    covers: "auth/token roles/{role_name} GET",
    call: "GET auth/token/roles/job",
    status: 200,
    data: "allowed_policies,disallowed_policies,explicit_max_ttl,name,orphan,path_suffix,period,renewable,token_explicit_max_ttl,token_period,token_type",
    match: { data: { name: "job", allowed_policies: ["reader"], orphan: true, token_explicit_max_ttl: 7200 } },
  },
  { call: "GET auth/token/roles/absent", status: 404 },
  { covers: "auth/token roles LIST", call: "LIST auth/token/roles", status: 200, match: { data: { keys: ["job"] } } },
  {
    covers: "auth/token create/{role_name} POST",
    call: "POST auth/token/create/job",
    body: { policies: ["reader"] },
    status: 200,
    match: { auth: { orphan: true, renewable: false, lease_duration: 7200 } },
    save: { ofRole: "auth.client_token" },
  },
  {
    call: "GET auth/token/lookup-self",
    token: "ofRole",
    status: 200,
    match: { data: { role: "job", path: "auth/token/create/job/nightly" } },
  },
  { call: "POST auth/token/create/job", body: { policies: ["root"] }, status: 400 },
  { call: "POST auth/token/create/absent", body: {}, status: 400, error: /unknown role/ },
  { covers: "auth/token roles/{role_name} DELETE", call: "DELETE auth/token/roles/job", status: 204 },
];

const maker = 'path "auth/token/*" { capabilities = ["create", "update", "sudo"] }';

const revocation: readonly Row[] = [
  { call: "POST sys/policies/acl/maker", body: { policy: maker }, status: 204 },
  {
    call: "POST auth/token/create",
    body: { policies: ["maker", "reader"] },
    status: 200,
    save: { parent: "auth.client_token" },
  },
  {
    call: "POST auth/token/create",
    token: "parent",
    body: { policies: ["reader"] },
    status: 200,
    save: { leaf: "auth.client_token", leafAccessor: "auth.accessor" },
  },
  {
    call: "POST auth/token/create",
    token: "parent",
    body: { policies: ["reader"] },
    status: 200,
    save: { kept: "auth.client_token" },
  },
  {
    covers: "auth/token revoke-accessor POST",
    call: "POST auth/token/revoke-accessor",
    body: { accessor: "{leafAccessor}" },
    status: 204,
  },
  { call: "GET auth/token/lookup-self", token: "leaf", status: 403, error: /permission denied/ },
  {
    covers: "auth/token revoke-orphan POST",
    call: "POST auth/token/revoke-orphan",
    body: { token: "{parent}" },
    status: 204,
  },
  { call: "GET auth/token/lookup-self", token: "parent", status: 403 },
  { call: "GET auth/token/lookup-self", token: "kept", status: 200, match: { data: { orphan: true } } },
  {
    call: "POST auth/token/create",
    body: { policies: ["maker", "reader"] },
    status: 200,
    save: { stem: "auth.client_token" },
  },
  {
    call: "POST auth/token/create",
    token: "stem",
    body: { policies: ["maker", "reader"] },
    status: 200,
    save: { branch: "auth.client_token" },
  },
  {
    call: "POST auth/token/create",
    token: "branch",
    body: { policies: ["reader"] },
    status: 200,
    save: { twig: "auth.client_token" },
  },
  { call: "POST cubbyhole/mine", token: "twig", body: { v: 1 }, status: 204 },
  { covers: "auth/token revoke POST", call: "POST auth/token/revoke", body: { token: "{stem}" }, status: 204 },
  { call: "GET auth/token/lookup-self", token: "branch", status: 403 },
  { call: "GET auth/token/lookup-self", token: "twig", status: 403 },
  { covers: "auth/token revoke-self POST", call: "POST auth/token/revoke-self", token: "kept", body: {}, status: 204 },
  { call: "GET auth/token/lookup-self", token: "kept", status: 403 },
  { covers: "auth/token tidy POST", call: "POST auth/token/tidy", body: {}, status: 202, top: "warnings" },
];

export const tokenRows: readonly Row[] = [...creation, ...lookups, ...roles, ...revocation];
