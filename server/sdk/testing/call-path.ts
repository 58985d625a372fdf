import { compilePaths } from "../../router/compile";
import { matchPath } from "../../router/match";
import { ServerError } from "../errors";
import { type JsonInput, type JsonObject, parseJson, stringifyJson } from "../json";
import type { MountContext, MountType } from "../mount";
import type { Outcome } from "../outcome";
import type { Call, FieldDeclarations, FieldValues, OperationName, PathDeclaration, RequestFacts } from "../path";
import type { TokenFacts } from "../token";

export interface CallOptions {
  /** JSON text, or anything that becomes it. */
  readonly body?: string | { readonly [name: string]: JsonInput } | JsonObject;
  readonly query?: Readonly<Record<string, string>>;
  /** @default a root service token; null: no token */
  readonly token?: TokenFacts | null;
  readonly clientToken?: string;
  readonly remoteAddress?: string;
  readonly signal?: AbortSignal;
}

/** A root service token with the given facts changed. */
export function tokenFacts(changed: Partial<TokenFacts> = {}): TokenFacts {
  return {
    idHash: "ab".repeat(32),
    accessor: "test-accessor",
    type: "service",
    path: "auth/token/root",
    displayName: "root",
    policies: ["root"],
    metadata: new Map(),
    entityId: "",
    orphan: true,
    renewable: false,
    numUsesLeft: 0,
    creationTimeSeconds: 0,
    expireTimeMilliseconds: undefined,
    boundCidrs: [],
    ...changed,
  };
}

/**
 * Opens a mount for a test: the answer calls its paths as the pipeline does, with the router's matching and the real
 * conversion of fields, and without policies, forwarding or audit.
 */
export function openMount<Context extends MountContext>(
  type: MountType<Context>,
  context: MountContext,
): (operation: OperationName | "write", path: string, options?: CallOptions) => Promise<Outcome> {
  const opened = type.open?.(context) ?? assumed<Context>(context);
  const root = compilePaths(type.paths(context.options));
  return async (operation, path, options = {}) => {
    const match = matchPath(root, path);
    if (match === undefined) throw new ServerError("unsupported_path");
    const { declaration, parameters, fields } = match.path;
    const body = bodyOf(options.body);
    const query = new Map(Object.entries(options.query ?? {}).map(([name, value]) => [name, [value]]));
    const pathValues = new Map(parameters.map((name, index) => [name, match.values[index] ?? ""]));
    const converted = fields.convert({ path: pathValues, query, body });
    const request = requestFacts(context, path, options);
    const call = { context: opened, request, fields: converted.values, given: converted.given, body };
    return run(declaration, operation, call);
  };
}

/** One call of a mount that is opened for it; see `openMount`. */
export function callPath<Context extends MountContext>(
  type: MountType<Context>,
  context: MountContext,
  operation: OperationName | "write",
  path: string,
  options: CallOptions = {},
): Promise<Outcome> {
  return openMount(type, context)(operation, path, options);
}

/** `write` becomes create or update as the declaration's `exists` says. */
async function run<Context, F extends FieldDeclarations>(
  declaration: PathDeclaration<Context, F>,
  operation: OperationName | "write",
  call: Omit<Call<Context, FieldValues<F>>, "request"> & { readonly request: Omit<RequestFacts, "operation"> },
): Promise<Outcome> {
  const withOperation = (name: OperationName): Call<Context, FieldValues<F>> => ({
    ...call,
    request: { ...call.request, operation: name },
  });
  let name: OperationName = operation === "write" ? "update" : operation;
  if (operation === "write" && (await declaration.exists?.(withOperation("update"))) === false) name = "create";
  const handler = declaration.operations[name];
  if (handler === undefined) throw new ServerError("unsupported_operation");
  return handler.run(withOperation(name));
}

function requestFacts(context: MountContext, path: string, options: CallOptions): Omit<RequestFacts, "operation"> {
  return {
    id: "00000000-0000-4000-8000-000000000000",
    path: context.mountPath + path,
    remoteAddress: options.remoteAddress ?? "127.0.0.1",
    clientToken: options.clientToken ?? "",
    token: options.token === null ? undefined : (options.token ?? tokenFacts()),
    wrapTtlSeconds: undefined,
    signal: options.signal ?? new AbortController().signal,
    secondary: undefined,
  };
}

function bodyOf(body: CallOptions["body"]): JsonObject {
  if (body === undefined) return new Map();
  const parsed = parseJson(typeof body === "string" ? body : stringifyJson(body));
  if (!(parsed instanceof Map)) throw new Error("a body is a JSON object");
  return parsed;
}

/** A mount type without `open` has the plain context. */
function assumed<Context extends MountContext>(context: MountContext): Context {
  assertContext<Context>(context);
  return context;
}

function assertContext<Context extends MountContext>(_context: MountContext): asserts _context is Context {}
