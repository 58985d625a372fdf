import type { Row } from "./row";

const MOUNT = "accessor,config,description,external_entropy_access,local,options,seal_wrap,type,uuid";
const TUNE = "default_lease_ttl,max_lease_ttl,description,force_no_cache";
const mounts: readonly Row[] = [
  {
    covers: "sys mounts/{path} POST",
    call: "POST sys/mounts/table",
    body: { type: "kv", description: "a table" },
    status: 204,
  },
  { call: "POST sys/mounts/table", body: { type: "kv" }, status: 400, error: /path is already in use at table\// },
  { call: "POST sys/mounts/table/inner", body: { type: "kv" }, status: 400, error: /existing mount|already in use/ },
  { call: "POST sys/mounts/nothing", body: { type: "abacus" }, status: 400, error: /plugin not found in the catalog/ },
  { call: "POST sys/mounts/nothing", body: {}, status: 400, error: /type/ },
  {
    covers: "sys mounts/{path} GET",
    call: "GET sys/mounts/table",
    status: 200,
    data: MOUNT,
    top: `request_id,${MOUNT}`,
    match: { data: { type: "kv", description: "a table", local: false }, type: "kv" },
    save: { kvAccessor: "data.accessor" },
  },
  { call: "GET sys/mounts/absent", status: 400, error: /absent|fetch|No secret engine/i },
  {
    covers: "sys mounts GET",
    call: "GET sys/mounts",
    status: 200,
    data: "table/,cubbyhole/,sys/",
    top: "table/,cubbyhole/,sys/,request_id",
  },
  {
    covers: "sys mounts/{path}/tune POST",
    call: "POST sys/mounts/table/tune",
    body: { default_lease_ttl: "1h", max_lease_ttl: 7200, description: "tuned" },
    status: 204,
  },
  {
    covers: "sys mounts/{path}/tune GET",
    call: "GET sys/mounts/table/tune",
    status: 200,
    data: TUNE,
    top: TUNE,
    match: { data: { default_lease_ttl: 3600, max_lease_ttl: 7200, description: "tuned" } },
  },
  { call: "POST sys/mounts/table/tune", body: { default_lease_ttl: "3h" }, status: 400, error: /ttl/i },
  {
    call: "POST sys/mounts/table/tune",
    body: { default_lease_ttl: "a while" },
    status: 400,
    error: /default_lease_ttl/,
  },
  {
    covers: "sys remount POST",
    call: "POST sys/remount",
    body: { from: "table", to: "moved" },
    status: 200,
    data: "migration_id",
    save: { migration: "data.migration_id" },
  },
  { call: "GET sys/mounts/moved", status: 200, data: MOUNT },
  { covers: "sys mounts/{path} DELETE", call: "DELETE sys/mounts/moved", status: 204 },
  { call: "DELETE sys/mounts/moved", status: 204 },
  { call: "DELETE sys/mounts/sys", status: 400, error: /cannot|unmount/ },
  { call: "POST sys/mounts/secret", body: { type: "kv", options: { version: "2" } }, status: 204 },
  { call: "POST sys/mounts/plain", body: { type: "kv", options: { version: "1" } }, status: 204 },
  { call: "POST sys/mounts/odd", body: { type: "kv-v2" }, status: 204 },
  { call: "GET sys/mounts/odd", status: 200, match: { data: { type: "kv", options: { version: "2" } } } },
  { call: "GET sys/mounts/odd?help=1", status: 200 },
];

const auth: readonly Row[] = [
  {
    covers: "sys auth/{path} POST",
    call: "POST sys/auth/people",
    body: { type: "userpass", description: "d" },
    status: 204,
  },
  {
    call: "POST sys/auth/people",
    body: { type: "userpass" },
    status: 400,
    error: /path is already in use at (auth\/)?people\//,
  },
  { call: "POST sys/auth/approle", body: { type: "approle" }, status: 204 },
  {
    covers: "sys auth GET",
    call: "GET sys/auth",
    status: 200,
    data: "people/,approle/,token/",
    top: "people/,token/,request_id",
  },
  { covers: "sys auth/{path} GET", call: "GET sys/auth/people", status: 200, data: MOUNT },
  {
    covers: "sys auth/{path}/tune POST",
    call: "POST sys/auth/people/tune",
    body: { default_lease_ttl: "1800", max_lease_ttl: "2h", listing_visibility: "unauth" },
    status: 204,
  },
  {
    covers: "sys auth/{path}/tune GET",
    call: "GET sys/auth/people/tune",
    status: 200,
    data: `${TUNE},token_type`,
    top: TUNE,
    match: {
      data: {
        default_lease_ttl: 1800,
        max_lease_ttl: 7200,
        listing_visibility: "unauth",
        token_type: "default-service",
      },
    },
  },
  { covers: "sys auth/{path} DELETE", call: "DELETE sys/auth/gone", status: 204 },
  { call: "DELETE sys/auth/token", status: 400, error: /token/ },
  {
    covers: "sys internal/ui/mounts GET",
    call: "GET sys/internal/ui/mounts",
    token: "",
    status: 200,
    data: "auth,secret",
    match: { data: { auth: { "people/": { type: "userpass" } }, secret: {} } },
  },
  {
    covers: "sys internal/ui/mounts/{path} GET",
    call: "GET sys/internal/ui/mounts/secret",
    status: 200,
    data: `${MOUNT},path`,
    match: { data: { path: "secret/", options: { version: "2" } } },
  },
];

export const mountRows: readonly Row[] = [...mounts, ...auth];
