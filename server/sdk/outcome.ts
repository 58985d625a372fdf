import type { JsonValue } from "./json";

/** JSON that trusted code builds: plain objects and arrays beside lossless values. Undefined members are left out. */
export type ResponseData = { readonly [name: string]: ResponseValue };
export type ResponseValue =
  | JsonValue
  | undefined
  | RawJsonLike
  | ResponseData
  | readonly ResponseValue[]
  | ReadonlyMap<string, ResponseValue>;
/** Structural twin of `RawJson` (json.ts): text spliced verbatim into the answer. */
export interface RawJsonLike {
  readonly text: string | Buffer;
}

/** What a login or a token creation asks the token service for. Durations in seconds; 0 = not set. */
export interface AuthGrant {
  readonly policies: readonly string[];
  readonly displayName: string;
  readonly metadata: ReadonlyMap<string, string>;
  /** Name of the identity alias at the mount (user name, role id); undefined: no entity. */
  readonly aliasName: string | undefined;
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly explicitMaxTtlSeconds: number;
  readonly periodSeconds: number;
  /** 0: no limit. */
  readonly numUses: number;
  readonly type: "service" | "batch" | "default";
  readonly renewable: boolean;
  readonly noDefaultPolicy: boolean;
  readonly boundCidrs: readonly string[];
  /** Kept with the token and handed to the mount's `renew`, which must prove again what the login proved. */
  readonly internalData: ReadonlyMap<string, string>;
}

/** The `auth` block of an answer, for a token that exists. */
export interface IssuedAuth {
  readonly clientToken: string;
  readonly accessor: string;
  readonly policies: readonly string[];
  readonly tokenPolicies: readonly string[];
  readonly identityPolicies: readonly string[];
  readonly metadata: ReadonlyMap<string, string> | null;
  readonly leaseDurationSeconds: number;
  readonly renewable: boolean;
  readonly entityId: string;
  readonly tokenType: "service" | "batch";
  readonly orphan: boolean;
  readonly numUses: number;
}

export interface LeaseGrant {
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly renewable: boolean;
  /** Kept with the lease, encrypted; handed to the mount's `renewLease` and `revokeLease`. */
  readonly internalData: ReadonlyMap<string, string>;
}

/** What a handler returns; thrown `ServerError`s are the other half. */
export type Outcome =
  | {
      readonly kind: "data";
      /** RawJsonLike: the text of a JSON object (kv version 1, cubbyhole). */
      readonly data: ResponseData | RawJsonLike | ReadonlyMap<string, ResponseValue> | null;
      readonly warnings?: readonly string[];
      /** 200 where it is left out. */
      readonly status?: number;
      /** `data` is repeated beside the envelope (the sys answers listed in the HTTP API facts). */
      readonly repeatAtTop?: boolean;
      /** `lease_duration` of the envelope where no lease exists (kv version 1). */
      readonly leaseDurationSeconds?: number;
    }
  | { readonly kind: "empty"; readonly warnings?: readonly string[] }
  | { readonly kind: "list"; readonly keys: readonly string[]; readonly keyInfo?: ResponseData }
  /** No envelope: sys/health, seal-status, init, leader... */
  | { readonly kind: "bare"; readonly status: number; readonly body: ResponseData }
  | { readonly kind: "raw"; readonly status: number; readonly contentType: string; readonly body: Buffer }
  /** 404; `data` where the API answers one (a deleted kv version). */
  | { readonly kind: "not_found"; readonly data?: ResponseData }
  /** The pipeline makes the token, after the audit devices took the request. */
  | {
      readonly kind: "login";
      readonly grant: AuthGrant;
      readonly warnings?: readonly string[];
      readonly data?: ResponseData;
    }
  /** The token exists already (auth/token/create, renew). */
  | { readonly kind: "auth"; readonly auth: IssuedAuth; readonly warnings?: readonly string[] }
  /** The pipeline registers the lease. */
  | {
      readonly kind: "lease";
      readonly data: ResponseData;
      readonly lease: LeaseGrant;
      readonly warnings?: readonly string[];
    }
  /** A lease that lives on (sys/leases/renew): an envelope without data. */
  | {
      readonly kind: "renewed_lease";
      readonly leaseId: string;
      readonly renewable: boolean;
      readonly leaseDurationSeconds: number;
    }
  /** The handler wrapped something itself (activation tokens, sys/wrapping/wrap): an outer envelope with `wrap_info`. */
  | { readonly kind: "wrapped"; readonly wrap: WrapInfo; readonly warnings?: readonly string[] }
  /** An answer of another cluster, passed on as it is: the JSON body of the primary's envelope. */
  | {
      readonly kind: "forwarded";
      readonly status: number;
      readonly body: Buffer;
      readonly headers: readonly (readonly [string, string])[];
      readonly warnings?: readonly string[];
    };

export interface WrapInfo {
  readonly token: string;
  readonly accessor: string;
  readonly ttlSeconds: number;
  readonly creationTimeMilliseconds: number;
  readonly creationPath: string;
  readonly wrappedAccessor?: string;
}
