import { ServerError } from "../sdk/errors";
import type { MountContext } from "../sdk/mount";
import type {
  Call,
  FieldDeclarations,
  FieldValues,
  ForwardingSecondary,
  OperationName,
  RequestFacts,
} from "../sdk/path";
import type { TokenFacts } from "../sdk/token";
import type { Exchange } from "./exchange";

/** The part of the exchange that a handler may see. */
class HandlerRequest implements RequestFacts {
  readonly id: string;
  readonly operation: OperationName;
  readonly path: string;
  readonly remoteAddress: string;
  readonly token: TokenFacts | undefined;
  readonly clientToken: string;
  readonly wrapTtlSeconds: number | undefined;
  readonly secondary: ForwardingSecondary | undefined;

  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.id = exchange.id;
    this.operation = exchange.operation;
    this.path = exchange.path;
    this.remoteAddress = exchange.remoteAddress;
    this.token = exchange.token;
    this.clientToken = exchange.clientToken;
    this.wrapTtlSeconds = exchange.wrapTtlSeconds;
    this.secondary = exchange.kind === "forwarded" ? forwardingSecondary(exchange) : undefined;
    this.#exchange = exchange;
  }

  get signal(): AbortSignal {
    return this.#exchange.signal;
  }
}

function forwardingSecondary(exchange: Exchange): ForwardingSecondary {
  return {
    allowsMount: (path) => exchange.allowsMount(path),
    refusal: (named) => exchange.refusal(named),
  };
}

type HandlerCall = Call<MountContext, FieldValues<FieldDeclarations>>;

/** Converts the fields (once per exchange) and makes the call. @throws invalid_request naming the field */
export function handlerCall(exchange: Exchange): HandlerCall {
  const { mount, match } = exchange;
  if (mount === undefined || match === undefined) throw new ServerError("unsupported_path");
  const { values, given } = convert(exchange);
  return {
    context: mount.context,
    request: new HandlerRequest(exchange),
    fields: values,
    given,
    body: exchange.body,
  };
}

function convert(exchange: Exchange): NonNullable<Exchange["fields"]> {
  const { match } = exchange;
  if (match === undefined) throw new ServerError("unsupported_path");
  exchange.fields ??= match.path.fields.convert({
    path: pathValues(match.path.parameters, match.values),
    query: takesQuery(exchange.operation) ? exchange.query : undefined,
    body: exchange.body,
  });
  return exchange.fields;
}

/** On writes the query is no source of fields. */
function takesQuery(operation: OperationName): boolean {
  return operation === "read" || operation === "list" || operation === "delete";
}

const NO_VALUES: ReadonlyMap<string, string> = new Map();

function pathValues(names: readonly string[], values: readonly string[]): ReadonlyMap<string, string> {
  if (names.length === 0) return NO_VALUES;
  const pairs = new Map<string, string>();
  for (let index = 0; index < names.length; index++) pairs.set(names[index] ?? "", values[index] ?? "");
  return pairs;
}
