import { approle } from "../mounts/auth/approle/index";
import { tokenAuth } from "../mounts/auth/token/index";
import { userpass } from "../mounts/auth/userpass/index";
import { cubbyhole } from "../mounts/secrets/cubbyhole/index";
import { kv } from "../mounts/secrets/kv/index";
import { systemPaths } from "../mounts/system/index";
import { describePaths } from "../router/describe";
import { stringifyJson } from "../sdk/json";
import type { MountContext, MountType } from "../sdk/mount";
import type { ResponseData } from "../sdk/outcome";
import type { AnyPath } from "../sdk/path";
import type { TokenPort } from "../sdk/token";

interface DocumentedMount {
  /** With trailing slash; a parameter where people choose the path. */
  readonly mountPath: string;
  readonly tag: string;
  readonly paths: readonly AnyPath<MountContext>[];
}

const NO_OPTIONS: ReadonlyMap<string, string> = new Map();

/** Declarations do not depend on the service: only handlers reach it, and no handler runs here. */
function tokenMount(): MountType {
  const unused = (): never => {
    throw new Error("no handler runs while the API is described");
  };
  const tokens: TokenPort = {
    create: unused,
    lookup: unused,
    renew: unused,
    revoke: unused,
    revokeOrphan: unused,
    accessors: unused,
    tidy: unused,
    roles: { read: unused, list: unused, write: unused, delete: unused },
  };
  return tokenAuth(tokens);
}

/** A new mount type is a row here, as it is in the composition root. */
function documentedMounts(): readonly DocumentedMount[] {
  return [
    { mountPath: "sys/", tag: "system", paths: systemPaths },
    { mountPath: "auth/token/", tag: "auth", paths: tokenMount().paths(NO_OPTIONS) },
    { mountPath: "auth/{approle_mount_path}/", tag: "auth", paths: approle.paths(NO_OPTIONS) },
    { mountPath: "auth/{userpass_mount_path}/", tag: "auth", paths: userpass.paths(NO_OPTIONS) },
    { mountPath: "cubbyhole/", tag: "secrets", paths: cubbyhole.paths(NO_OPTIONS) },
    { mountPath: "{kv_v1_mount_path}/", tag: "secrets", paths: kv.paths(new Map([["version", "1"]])) },
    { mountPath: "{kv_v2_mount_path}/", tag: "secrets", paths: kv.paths(new Map([["version", "2"]])) },
  ];
}

/** The whole API as an OpenAPI 3.0 document, derived from the path declarations of every mount type. */
export function generateOpenApi(): ResponseData {
  const paths = new Map<string, ResponseData[string]>();
  for (const mount of documentedMounts()) {
    for (const [path, item] of Object.entries(describePaths(mount.mountPath, mount.paths, mount.tag)))
      paths.set(path, item);
  }
  const sorted = [...paths].sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    openapi: "3.0.2",
    info: {
      title: "Meridian API",
      description: "HTTP API of the Meridian server. All paths are prefixed with /v1/.",
      version: "1.0.0",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: "/v1" }],
    components: {
      securitySchemes: { token: { type: "apiKey", in: "header", name: "X-Vault-Token" } },
    },
    security: [{ token: [] }],
    paths: new Map(sorted),
  };
}

/** The text that is committed as openapi.json: two blanks of indent, a newline at the end. */
export function openApiText(): string {
  return `${JSON.stringify(JSON.parse(stringifyJson(generateOpenApi())), null, 2)}\n`;
}
