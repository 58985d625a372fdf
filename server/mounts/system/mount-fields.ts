import { convertFields } from "../../sdk/fields";
import type { JsonObject } from "../../sdk/json";
import type { MountConfig, MountEntry } from "../../sdk/mounts";
import type { ResponseData } from "../../sdk/outcome";
import type { FieldDeclarations, FieldValues } from "../../sdk/path";

/** Fields of a mount's configuration: flat in tune, under `config` when a mount is enabled. */
export const mountConfigFields = {
  default_lease_ttl: { type: "duration", description: "Default lease time; 0: the system's." },
  max_lease_ttl: { type: "duration", description: "Longest lease time; 0: the system's." },
  force_no_cache: { type: "boolean", description: "Kept and shown; the cache is always coherent here." },
  listing_visibility: {
    type: "string",
    description: "Whether the mount is shown to who is not logged in.",
    allowed: ["", "hidden", "unauth"],
  },
  token_type: {
    type: "string",
    description: "Kind of tokens that a login at this auth method makes.",
    allowed: ["default", "default-service", "default-batch", "service", "batch"],
  },
  audit_non_hmac_request_keys: { type: "string_list", description: "Request keys that audit devices write in clear." },
  audit_non_hmac_response_keys: {
    type: "string_list",
    description: "Response keys that audit devices write in clear.",
  },
  passthrough_request_headers: { type: "string_list", description: "Kept and shown." },
  allowed_response_headers: { type: "string_list", description: "Kept and shown." },
} as const satisfies FieldDeclarations;

type ConfigFields = FieldValues<typeof mountConfigFields>;

export function configOf(fields: ConfigFields): Partial<MountConfig> {
  const visibility = fields.listing_visibility;
  const config: { [Name in keyof MountConfig]: MountConfig[Name] | undefined } = {
    defaultLeaseTtlSeconds: fields.default_lease_ttl,
    maxLeaseTtlSeconds: fields.max_lease_ttl,
    forceNoCache: fields.force_no_cache,
    listingVisibility: visibility === "hidden" || visibility === "unauth" || visibility === "" ? visibility : undefined,
    tokenType: fields.token_type === "default" ? "default-service" : fields.token_type,
    auditNonHmacRequestKeys: fields.audit_non_hmac_request_keys,
    auditNonHmacResponseKeys: fields.audit_non_hmac_response_keys,
    passthroughRequestHeaders: fields.passthrough_request_headers,
    allowedResponseHeaders: fields.allowed_response_headers,
  };
  return withoutUndefined(config);
}

/** The `config` object of an enable request. @throws invalid_request naming the field */
export function configOfObject(object: JsonObject | undefined): Partial<MountConfig> {
  return object === undefined ? {} : configOf(convertFields(mountConfigFields, { body: object }).values);
}

type Defined<Row> = { [Name in keyof Row]?: Exclude<Row[Name], undefined> };

function withoutUndefined<Row extends object>(row: Row): Defined<Row> {
  const settled: Defined<Row> = {};
  for (const name of keysOf(row)) {
    const value = row[name];
    if (isDefined(value)) settled[name] = value;
  }
  return settled;
}

function keysOf<Row extends object>(row: Row): readonly (keyof Row)[] {
  return Object.keys(row).filter((name): name is Extract<keyof Row, string> => name in row);
}

function isDefined<Value>(value: Value): value is Exclude<Value, undefined> {
  return value !== undefined;
}

/** A mount as sys/mounts and sys/auth show it. */
export function mountBody(entry: MountEntry): ResponseData {
  const { config } = entry;
  return {
    accessor: entry.accessor,
    config: {
      default_lease_ttl: config.defaultLeaseTtlSeconds,
      force_no_cache: config.forceNoCache,
      max_lease_ttl: config.maxLeaseTtlSeconds,
      token_type: entry.kind === "auth" ? config.tokenType : undefined,
      ...visibleLists(config),
    },
    deprecation_status: "supported",
    description: entry.description,
    external_entropy_access: false,
    local: entry.local,
    options: entry.options.size === 0 ? null : entry.options,
    plugin_version: "",
    running_plugin_version: "",
    running_sha256: "",
    seal_wrap: entry.sealWrap,
    type: entry.type,
    uuid: entry.id,
  };
}

/** What is left out while it is not set. */
function visibleLists(config: MountConfig): ResponseData {
  const list = (items: readonly string[]): readonly string[] | undefined => (items.length === 0 ? undefined : items);
  return {
    listing_visibility: config.listingVisibility === "" ? undefined : config.listingVisibility,
    audit_non_hmac_request_keys: list(config.auditNonHmacRequestKeys),
    audit_non_hmac_response_keys: list(config.auditNonHmacResponseKeys),
    passthrough_request_headers: list(config.passthroughRequestHeaders),
    allowed_response_headers: list(config.allowedResponseHeaders),
  };
}

/** A mount's tuning: the limits in effect, not the configured ones. */
export function tuneBody(
  entry: MountEntry,
  limits: { readonly defaultLeaseTtlSeconds: number; readonly maxLeaseTtlSeconds: number },
): ResponseData {
  return {
    default_lease_ttl: limits.defaultLeaseTtlSeconds,
    description: entry.description,
    force_no_cache: entry.config.forceNoCache,
    max_lease_ttl: limits.maxLeaseTtlSeconds,
    options: entry.options.size === 0 ? undefined : entry.options,
    token_type: entry.kind === "auth" ? entry.config.tokenType : undefined,
    ...visibleLists(entry.config),
  };
}
