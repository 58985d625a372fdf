/**
 * Every option of the server's configuration, once. From this table come the schema (schema.ts), `meridian-server -help`,
 * docs/reference/configuration.md and the sample file.
 */
/** `list`: an array of the `allowed` strings. */
export type OptionType = "string" | "boolean" | "integer" | "duration" | "size" | "list";

export interface OptionRow {
  /** Dotted path: `listener.tcp.address`. */
  readonly path: string;
  readonly type: OptionType;
  readonly description: string;
  readonly default?: string | number | boolean;
  readonly allowed?: readonly string[];
  /** Shown in the sample file. */
  readonly example?: string | number | boolean;
  /** Never printed back. */
  readonly secret?: boolean;
  /** Accepted so that existing files load; changes nothing. */
  readonly ignored?: boolean;
}

const listener: readonly OptionRow[] = [
  {
    path: "listener.tcp.address",
    type: "string",
    description: "Host and port the API listens on.",
    default: "127.0.0.1:8200",
    example: "0.0.0.0:8200",
  },
  {
    path: "listener.tcp.cluster_address",
    type: "string",
    description: "Host and port the cluster port listens on (replication); default: the API's host and its port + 1.",
    example: "0.0.0.0:8201",
  },
  {
    path: "listener.tcp.tls_disable",
    type: "boolean",
    description: "Serve plain HTTP. Only for a loopback address or behind a proxy that encrypts.",
    default: false,
  },
  {
    path: "listener.tcp.tls_cert_file",
    type: "string",
    description: "PEM certificate chain of the API listener, read again on SIGHUP.",
    example: "/etc/meridian/tls/server.pem",
  },
  {
    path: "listener.tcp.tls_key_file",
    type: "string",
    description: "PEM private key of the API listener, read again on SIGHUP.",
    example: "/etc/meridian/tls/server.key",
  },
  {
    path: "listener.tcp.tls_min_version",
    type: "string",
    description: "Lowest TLS version accepted.",
    default: "tls12",
    allowed: ["tls12", "tls13"],
  },
  {
    path: "listener.tcp.max_request_size",
    type: "size",
    description: "Largest request body in bytes; paths may ask for less.",
    default: 33_554_432,
  },
  {
    path: "listener.tcp.telemetry.unauthenticated_metrics_access",
    type: "boolean",
    description:
      "sys/metrics asks for no token on this listener; it is then answered by a sealed node and by a DR secondary too.",
    default: false,
  },
];

const storage: readonly OptionRow[] = [
  {
    path: "storage.lmdb.path",
    type: "string",
    description: "Directory of the data file; made with mode 0700.",
    example: "/var/lib/meridian",
  },
];

const seal: readonly OptionRow[] = [
  {
    path: "seal.static.current_key_id",
    type: "string",
    description: "Name of the key that wraps the root key; change it together with the key.",
    example: "2026-11",
  },
  {
    path: "seal.static.current_key",
    type: "string",
    secret: true,
    description:
      "32 bytes in base64, or file:///path or env://NAME to read them from. Unseals the server at every start.",
    example: "file:///etc/meridian/seal.key",
  },
  {
    path: "seal.static.previous_key_id",
    type: "string",
    description: "Name of the key used before, while the root key is being wrapped anew.",
  },
  { path: "seal.static.previous_key", type: "string", secret: true, description: "The key used before." },
];

const shipper =
  "Accepted from existing files: log_retention_size and log_retention_time say how long entries are kept for who is behind.";
const oneNode = "Accepted from existing files: every node that answers is the active one of its cluster.";
const replication: readonly OptionRow[] = [
  {
    path: "replication.consistency_wait",
    type: "duration",
    description:
      "How long an answer to a forwarded write, a request with X-Vault-Index and a token from elsewhere wait for what they need to be here; at most 60s.",
    default: "2s",
  },
  {
    path: "replication.best_effort_wal_wait_duration",
    type: "duration",
    description: "Vault's name of consistency_wait; taken where that is not given.",
  },
  {
    path: "replication.dr_client_requests",
    type: "string",
    description: "What a DR secondary does with clients: hand the request to its primary, or refuse it.",
    default: "forward",
    allowed: ["forward", "refuse"],
  },
  {
    path: "replication.fencing",
    type: "string",
    description:
      "Whether a primary with secondaries acknowledges writes only while one of them confirms that no other was promoted (lease), or always (off).",
    default: "lease",
    allowed: ["lease", "off"],
  },
  {
    path: "replication.fencing_lease",
    type: "duration",
    description: "How long one secondary's word lasts; without another, writes wait after it.",
    default: "30s",
  },
  {
    path: "replication.sync_dr",
    type: "string",
    description:
      "Whether a DR primary acknowledges a write only after a DR secondary has applied it durably: never (off), always, stopping writes while none is there (block), or until none keeps up (degrade).",
    default: "off",
    allowed: ["off", "block", "degrade"],
  },
  {
    path: "replication.sync_dr_timeout",
    type: "duration",
    description:
      "How long an acknowledgement waits for a DR secondary, and how long none may be there, before writes stop (block) or go on without one (degrade).",
    default: "5s",
  },
  {
    path: "replication.log_retention_size",
    type: "size",
    description:
      "Bytes of log kept for secondaries that are behind; who is further behind compares and fetches what differs.",
    default: 268_435_456,
  },
  {
    path: "replication.log_retention_time",
    type: "duration",
    description: "How long entries are kept for secondaries that are behind, within log_retention_size.",
    default: "72h",
  },
  {
    path: "replication.secondary_window_size",
    type: "size",
    description:
      "Bytes sent to one secondary that it has not acknowledged yet: what a slow one can hold up, and cost in memory.",
    default: 16_777_216,
  },
  {
    path: "replication.catch_up_concurrency",
    type: "integer",
    description: "Secondaries that are brought up by a comparison or a snapshot at a time; the others wait their turn.",
    default: 4,
  },
  { path: "replication.logshipper_buffer_length", type: "integer", description: shipper, ignored: true },
  { path: "replication.logshipper_buffer_size", type: "size", description: shipper, ignored: true },
  { path: "replication.allow_forwarding_via_header", type: "boolean", description: oneNode, ignored: true },
  {
    path: "replication.allow_forwarding_via_token",
    type: "string",
    description: oneNode,
    allowed: ["", "new_token"],
    ignored: true,
  },
  {
    path: "replication.resolver_discover_servers",
    type: "boolean",
    description: "Accepted from existing files: the addresses of a primary are always learned.",
    ignored: true,
  },
];

const names = "Accepted from existing files: names of metrics never carry the host's name.";
const series = "Accepted from existing files: there are no metrics per lease, token or entity.";
const telemetry: readonly OptionRow[] = [
  {
    path: "telemetry.prometheus_retention_time",
    type: "duration",
    description:
      "0 switches sys/metrics?format=prometheus off. Any other value leaves it on: series are few and never dropped.",
    default: "24h",
  },
  { path: "telemetry.disable_hostname", type: "boolean", description: names, ignored: true },
  { path: "telemetry.enable_hostname_label", type: "boolean", description: names, ignored: true },
  { path: "telemetry.usage_gauge_period", type: "duration", description: series, ignored: true },
  { path: "telemetry.maximum_gauge_cardinality", type: "integer", description: series, ignored: true },
  { path: "telemetry.lease_metrics_epsilon", type: "duration", description: series, ignored: true },
  { path: "telemetry.num_lease_metrics_buckets", type: "integer", description: series, ignored: true },
  { path: "telemetry.add_lease_metrics_namespace_labels", type: "boolean", description: series, ignored: true },
];

const general: readonly OptionRow[] = [
  {
    path: "api_addr",
    type: "string",
    description: "URL under which clients and other clusters reach this API; default: from the listener.",
    example: "https://secrets.dc-a.example.com:8200",
  },
  {
    path: "cluster_addr",
    type: "string",
    description: "URL under which other clusters reach the cluster port; default: from the listener.",
    example: "https://secrets.dc-a.example.com:8201",
  },
  {
    path: "cluster_name",
    type: "string",
    description: "Name shown in health and status; default: made at initialisation.",
  },
  {
    path: "node_id",
    type: "string",
    description: "Name of this node in audit paths ({{node_id}}); default: the host name.",
  },
  {
    path: "log_level",
    type: "string",
    description: "Least important line of the server log that is written; read again on SIGHUP.",
    default: "info",
    allowed: ["trace", "debug", "info", "warn", "error"],
  },
  {
    path: "default_lease_ttl",
    type: "duration",
    description: "TTL of tokens and leases that name none.",
    default: "768h",
  },
  { path: "max_lease_ttl", type: "duration", description: "Longest TTL of tokens and leases.", default: "768h" },
  {
    path: "enable_unauthenticated_access",
    type: "list",
    description:
      "Calls that ask for no token, for when nobody holds one; take them out again afterwards, since strangers can begin attempts then. generate-operation-token: share holders make a DR operation token on a DR secondary. generate-root: they make a root token anywhere else. rekey is accepted from existing files; there is no such call here.",
    allowed: ["generate-operation-token", "generate-root", "rekey"],
  },
  { path: "pid_file", type: "string", description: "File that the process id is written to, removed on exit." },
  { path: "disable_mlock", type: "boolean", description: "Accepted from existing files.", ignored: true },
  { path: "ui", type: "boolean", description: "Accepted from existing files.", ignored: true },
  { path: "log_format", type: "string", description: "Accepted from existing files; the log is JSON.", ignored: true },
  { path: "disable_cache", type: "boolean", description: "Accepted from existing files.", ignored: true },
];

export const optionTable: readonly OptionRow[] = [
  ...general,
  ...listener,
  ...storage,
  ...seal,
  ...replication,
  ...telemetry,
];

/** Blocks that name their kind: `listener "tcp" {}`, `storage "lmdb" {}`. `inmem` and `shamir` have no options. */
export const labelledBlocks: Readonly<Record<string, readonly string[]>> = {
  listener: ["tcp"],
  storage: ["lmdb", "inmem"],
  seal: ["static", "shamir"],
};
