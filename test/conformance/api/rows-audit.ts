import type { Row } from "./row";

/** The last table: with a device on, everything before it has run without one. */
export const auditRows: readonly Row[] = [
  {
    covers: "sys audit/{path} POST",
    call: "POST sys/audit/file",
    body: { type: "file", description: "d", options: { file_path: "{folder}/audit.log" } },
    status: 204,
  },
  {
    call: "POST sys/audit/file",
    body: { type: "file", options: { file_path: "{folder}/other.log" } },
    status: 400,
    error: /already in use/,
  },
  { call: "POST sys/audit/odd", body: { type: "pigeon" }, status: 400, error: /unknown backend type/ },
  {
    call: "POST sys/audit/odd",
    body: { type: "file", options: { file_path: "{folder}/config.json/audit.log" } },
    status: 400,
  },
  {
    covers: "sys audit GET",
    call: "GET sys/audit",
    status: 200,
    data: "file/",
    top: "file/,request_id",
    match: { data: { "file/": { type: "file", description: "d", path: "file/", local: false } } },
  },
  {
    covers: "sys audit-hash/{path} POST",
    call: "POST sys/audit-hash/file",
    body: { input: "value" },
    status: 200,
    data: "hash",
    top: "hash",
  },
  { call: "POST sys/audit-hash/absent", body: { input: "value" }, status: 400 },
  { covers: "sys audit/{path} DELETE", call: "DELETE sys/audit/file", status: 204 },
  {
    covers: "sys health GET",
    call: "GET sys/health",
    token: "",
    status: 200,
    top: "initialized,performance_standby,replication_dr_mode,replication_performance_mode,sealed,server_time_utc,standby,version,cluster_id,cluster_name",
  },
  { covers: "sys health HEAD", call: "HEAD sys/health", token: "", status: 200 },
  { call: "DELETE sys/audit/absent", status: 204 },
];
