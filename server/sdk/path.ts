import type { ServerError } from "./errors";
import type { JsonObject, JsonValue } from "./json";
import type { Outcome } from "./outcome";
import type { TokenFacts } from "./token";

/** Wire forms are those of Vault's field types: see `FieldNative` for what a handler gets. */
export type FieldType =
  | "string"
  | "secret"
  | "boolean"
  | "integer"
  | "number"
  | "duration"
  | "string_list"
  | "integer_list"
  | "key_value"
  | "object"
  | "json";

/**
 * What a handler gets per field type.
 * `secret`: UTF-8 bytes of a string. `duration`: whole seconds from 60, "60", "60s", "1h30m", "3d". `string_list`: from an
 * array or one comma-separated string. `key_value`: from an object or `k=v` strings. `object`, `json`: lossless JSON.
 */
export interface FieldNative {
  string: string;
  secret: Buffer;
  boolean: boolean;
  integer: number;
  number: number;
  duration: number;
  string_list: readonly string[];
  integer_list: readonly number[];
  key_value: ReadonlyMap<string, string>;
  object: JsonObject;
  json: JsonValue;
}

export interface FieldDeclaration {
  readonly type: FieldType;
  readonly description: string;
  /** Used where the request has no such field. A field with a default or `required` is never undefined in a handler. */
  readonly default?: string | boolean | number | readonly string[];
  readonly required?: boolean;
  /** Audited and logged as a keyed hash even where a mount asks for clear text. */
  readonly sensitive?: boolean;
  readonly deprecated?: boolean;
  /** Allowed values; anything else is 400 with the list. */
  readonly allowed?: readonly string[];
  /** Longest string accepted, UTF-8 bytes. */
  readonly bytesMax?: number;
}

export type FieldDeclarations = Readonly<Record<string, FieldDeclaration>>;

type Present<F extends FieldDeclaration> = F extends { readonly required: true }
  ? true
  : F extends { readonly default: string | boolean | number | readonly string[] }
    ? true
    : false;

/** Inferred input of a handler. */
export type FieldValues<F extends FieldDeclarations> = {
  readonly [K in keyof F]: Present<F[K]> extends true
    ? FieldNative[F[K]["type"]]
    : FieldNative[F[K]["type"]] | undefined;
};

/** `create` is a write to what does not exist yet (only told apart where the path declares `exists`). */
export type OperationName = "create" | "read" | "update" | "patch" | "delete" | "list";

/** Facts about a request that a handler may see. */
export interface RequestFacts {
  readonly id: string;
  readonly operation: OperationName;
  /** Canonical path without `/v1/`. */
  readonly path: string;
  readonly remoteAddress: string;
  /** The authenticated caller; undefined on unauthenticated paths. */
  readonly token: TokenFacts | undefined;
  /**
   * The token as it was presented (X-Vault-Token or bearer), "" when there was none. For what answers or spends the token
   * itself: lookup-self of batch tokens, unwrapping. Never stored, never logged.
   */
  readonly clientToken: string;
  /** Seconds asked for by X-Vault-Wrap-TTL, or undefined. */
  readonly wrapTtlSeconds: number | undefined;
  readonly signal: AbortSignal;
  /** The performance secondary that forwarded the call; undefined for clients of this cluster. */
  readonly secondary: ForwardingSecondary | undefined;
}

/** What a performance secondary that forwards may name: nothing local, and no mount that its paths filter leaves out. */
export interface ForwardingSecondary {
  /** @param path of a mount, with trailing slash */
  allowsMount(path: string): boolean;
  /** To be thrown: the client is denied, and the operators of this cluster are told what the secondary named. */
  refusal(named: string): ServerError;
}

/** One call of a handler. `Context` is the mount's own (see mount.ts). */
export interface Call<Context, Values> {
  readonly context: Context;
  readonly request: RequestFacts;
  /** Checked and converted fields: path parameters win over query, query over body. */
  readonly fields: Values;
  /** Which declared fields the request itself carried (before defaults): to tell null and absent apart on partial updates. */
  readonly given: ReadonlySet<string>;
  /** The whole body as sent: for engines that store what they are given (kv version 1, cubbyhole). */
  readonly body: JsonObject;
}

/** Options of a listener that open a path to everybody who reaches it. */
export type ListenerOpening = "unauthenticated_metrics_access";

export interface OperationDeclaration<Context, F extends FieldDeclarations> {
  readonly summary: string;
  readonly description?: string;
  /** Status code -> what it means, for the API reference. 200 goes without saying where no success is among them. */
  readonly responses?: Readonly<Record<number, string>>;
  /** It is there to say no: there are no answers but those in `responses`. */
  readonly alwaysRefuses?: boolean;
  /** It writes shared data: a performance secondary forwards the whole request to the primary (not on local mounts). */
  readonly forward?: boolean;
  /** No token is looked at. */
  readonly unauthenticated?: boolean;
  /** No token is looked at, a sealed node answers and nothing is audited where the listener has this option. */
  readonly opensWith?: ListenerOpening;
  /** Needs the `sudo` capability too. */
  readonly sudo?: boolean;
  /** Answered while the server is sealed or not initialised too. */
  readonly whileSealed?: boolean;
  /** A DR secondary answers it itself. `sys/replication/...` always is. */
  readonly onDrSecondary?: boolean;
  /** Too frequent and too harmless for the audit trail: health, seal-status, leader and the like. */
  readonly unaudited?: boolean;
  /** It seals the node: once it is done there is no trail left to take the response. Its request entry is written before. */
  readonly endsTrail?: boolean;
  /** A response-wrapping token opens it without a policy; the handler spends `request.clientToken`. */
  readonly acceptsWrappingToken?: boolean;
  /** Body bytes accepted; default 1 MiB. */
  readonly bodyBytesMax?: number;
  run(call: Call<Context, FieldValues<F>>): Promise<Outcome> | Outcome;
}

/**
 * One path of a mount. `template` is segments with `{name}` for one segment and `{name...}` for the rest (at least one
 * character), as the last one or with literal segments behind it (`mounts/{path...}/tune`); never a regex. Every name in it
 * must be a declared field. Literal segments win over parameters, longer templates over the rest. A list is matched without
 * its trailing slash: LIST `metadata/a/` gives `{path...}` = `a`.
 */
export interface PathDeclaration<Context, F extends FieldDeclarations = FieldDeclarations> {
  readonly template: string;
  readonly summary: string;
  readonly description?: string;
  readonly fields: F;
  /**
   * Names in the path mean the same in any letter case: the path is folded (ASCII) before policies are asked, so that the
   * spelling that is authorised, stored and audited is one.
   */
  readonly foldsCase?: boolean;
  /** The body may hold any field (kv version 1, cubbyhole): no warning for those that are not declared. */
  readonly anyField?: boolean;
  /** Tells create from update for the policy check; without it every write is an update that policies with either pass. */
  exists?(call: Call<Context, FieldValues<F>>): Promise<boolean>;
  readonly operations: Readonly<Partial<Record<OperationName, OperationDeclaration<Context, F>>>>;
}

/** A declaration whose field types are no longer told apart, as the router keeps it (methods are bivariant, so every row fits). */
export type AnyPath<Context> = PathDeclaration<Context>;

/** Declares a path: `const declare = pathsOf<MyContext>(); export const role = declare({ template: "role/{name}", ... });` */
export function pathsOf<Context>(): <const F extends FieldDeclarations>(
  declaration: PathDeclaration<Context, F>,
) => AnyPath<Context> {
  return (declaration) => Object.freeze(declaration);
}
