import type { Row } from "./row";

const VERSION = "created_time,custom_metadata,deletion_time,destroyed,version";
const METADATA =
  "cas_required,created_time,current_version,custom_metadata,delete_version_after,max_versions,oldest_version,updated_time,versions";

const versionTwo: readonly Row[] = [
  {
    covers: "kv_v2 config POST",
    call: "POST secret/config",
    body: { max_versions: 4, delete_version_after: "3h25m19s" },
    status: 204,
  },
  {
    covers: "kv_v2 config GET",
    call: "GET secret/config",
    status: 200,
    match: { data: { max_versions: 4, cas_required: false, delete_version_after: "3h25m19s" } },
  },
  { call: "POST secret/config", body: { max_versions: 0, delete_version_after: "0s" }, status: 204 },
  { call: "GET secret/data/app/db", status: 404 },
  { call: "LIST secret/metadata", status: 404 },
  {
    covers: "kv_v2 data/{path} POST",
    call: "POST secret/data/app/db",
    body: { data: { user: "a", n: 1, on: true, none: null, list: [1], deep: { x: "<&>" } } },
    status: 200,
    data: VERSION,
    match: { data: { version: 1, destroyed: false, deletion_time: "" } },
  },
  {
    covers: "kv_v2 data/{path} GET",
    call: "GET secret/data/app/db",
    status: 200,
    match: {
      lease_id: "",
      renewable: false,
      lease_duration: 0,
      auth: null,
      wrap_info: null,
      warnings: null,
      data: {
        data: { user: "a", n: 1, on: true, none: null, list: [1], deep: { x: "<&>" } },
        metadata: { version: 1 },
      },
    },
  },
  {
    call: "PUT secret/data/app/db",
    body: { data: { user: "b" }, options: { cas: 1 } },
    status: 200,
    match: { data: { version: 2 } },
  },
  {
    call: "PUT secret/data/app/db",
    body: { data: { user: "c" }, options: { cas: 1 } },
    status: 400,
    error: /check-and-set parameter did not match the current version/,
  },
  { call: "POST secret/data/app/db", body: {}, status: 400, error: /no data provided/ },
  {
    call: "PATCH secret/data/app/db",
    headers: { "Content-Type": "application/merge-patch+json" },
    body: { data: { extra: 1 } },
    status: 200,
    match: { data: { version: 3 } },
  },
  {
    call: "PATCH secret/data/app/db",
    body: { data: { extra: 1 } },
    status: 415,
    error: /PATCH requires Content-Type of application\/merge-patch\+json/,
  },
  { call: "GET secret/data/app/db?version=1", status: 200, match: { data: { data: { user: "a" } } } },
  { call: "GET secret/data/app/db?version=9", status: 404 },
  { call: "GET secret/data/app/db?version=x", status: 400, error: /version/ },
  { covers: "kv_v2 data/{path} DELETE", call: "DELETE secret/data/app/db", status: 204 },
  {
    call: "GET secret/data/app/db",
    status: 404,
    match: { data: { data: null, metadata: { version: 3, destroyed: false } } },
  },
  { covers: "kv_v2 undelete/{path} POST", call: "POST secret/undelete/app/db", body: { versions: [3] }, status: 204 },
  { call: "GET secret/data/app/db", status: 200, match: { data: { data: { user: "b", extra: 1 } } } },
  { covers: "kv_v2 delete/{path} POST", call: "POST secret/delete/app/db", body: { versions: "1,2" }, status: 204 },
  { covers: "kv_v2 destroy/{path} POST", call: "POST secret/destroy/app/db", body: { versions: [1] }, status: 204 },
  { call: "POST secret/undelete/app/db", body: { versions: [1, 2] }, status: 204 },
  {
    call: "GET secret/data/app/db?version=1",
    status: 404,
    match: { data: { data: null, metadata: { destroyed: true } } },
  },
  { call: "GET secret/subkeys/app/db", status: 200, match: { data: { subkeys: { user: null, extra: null } } } },
  {
    covers: "kv_v2 metadata/{path} POST",
    call: "POST secret/metadata/app/db",
    body: { max_versions: 2, cas_required: true, delete_version_after: "1h", custom_metadata: { owner: "team" } },
    status: 204,
  },
  {
    covers: "kv_v2 metadata/{path} GET",
    call: "GET secret/metadata/app/db",
    status: 200,
    data: METADATA,
    match: {
      data: {
        cas_required: true,
        current_version: 3,
        max_versions: 2,
        delete_version_after: "1h0m0s",
        custom_metadata: { owner: "team" },
      },
    },
  },
  {
    call: "POST secret/data/app/db",
    body: { data: { user: "d" } },
    status: 400,
    error: /check-and-set parameter required/,
  },
  { call: "POST secret/metadata/app/only", body: { custom_metadata: { a: "b" } }, status: 204 },
  {
    covers: "kv_v2 metadata/{path} LIST",
    call: "LIST secret/metadata",
    status: 200,
    match: { data: { keys: ["app/"] } },
  },
  { call: "LIST secret/metadata/app", status: 200, match: { data: { keys: ["db", "only"] } } },
  { call: "LIST secret/metadata/app/", status: 200, match: { data: { keys: ["db", "only"] } } },
  { call: "GET secret/metadata/app?list=true", status: 200, match: { data: { keys: ["db", "only"] } } },
  { call: "GET secret/metadata/app?list=maybe", status: 400 },
  { covers: "kv_v2 metadata/{path} DELETE", call: "DELETE secret/metadata/app/db", status: 204 },
  { call: "GET secret/metadata/app/db", status: 404 },
  {
    call: "POST secret/data/app/",
    body: { data: { a: 1 } },
    status: 400,
    error: /cannot write to a path ending in '\/'/,
  },
  { call: "GET secret/app", status: 404 },
  {
    call: "POST secret/data/app/form",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: { data: { curl: "-d" } },
    status: 200,
  },
];

const versionOne: readonly Row[] = [
  { call: "GET plain/app/db", status: 404 },
  { call: "LIST plain/app", status: 404 },
  { covers: "kv_v1 {path} POST", call: "POST plain/app/db", body: { user: "a", n: 1, ttl: "30m" }, status: 204 },
  {
    covers: "kv_v1 {path} GET",
    call: "GET plain/app/db",
    status: 200,
    match: { lease_id: "", lease_duration: 1800, renewable: false, data: { user: "a", n: 1, ttl: "30m" } },
  },
  { call: "PUT plain/app/other", body: { a: "b" }, status: 204 },
  { call: "GET plain/app/other", status: 200, match: { lease_duration: 2764800 } },
  { covers: "kv_v1 {path} LIST", call: "LIST plain/app", status: 200, match: { data: { keys: ["db", "other"] } } },
  { call: "LIST plain", status: 200, match: { data: { keys: ["app/"] } } },
  { call: "POST plain/app/db", body: {}, status: 400, error: /missing data fields/ },
  { covers: "kv_v1 {path} DELETE", call: "DELETE plain/app/db", status: 204 },
  { call: "DELETE plain/app/db", status: 204 },
  { call: "GET plain/app/db", status: 404 },
  { call: "GET plain/app/", status: 404 },
];

const cubbyhole: readonly Row[] = [
  {
    call: "POST auth/token/create",
    body: { policies: ["reader"] },
    status: 200,
    save: { holder: "auth.client_token" },
  },
  { call: "GET cubbyhole/note", token: "holder", status: 404 },
  {
    covers: "cubbyhole {path} POST",
    call: "POST cubbyhole/note",
    token: "holder",
    body: { text: "mine" },
    status: 204,
  },
  {
    covers: "cubbyhole {path} GET",
    call: "GET cubbyhole/note",
    token: "holder",
    status: 200,
    match: { data: { text: "mine" } },
  },
  { call: "GET cubbyhole/note", status: 404 },
  { call: "LIST cubbyhole", token: "holder", status: 200, match: { data: { keys: ["note"] } } },
  { covers: "cubbyhole {path} DELETE", call: "DELETE cubbyhole/note", token: "holder", status: 204 },
  { call: "GET cubbyhole/note", token: "holder", status: 404 },
];

export const kvRows: readonly Row[] = [...versionTwo, ...versionOne, ...cubbyhole];
