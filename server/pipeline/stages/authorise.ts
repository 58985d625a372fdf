import { ServerError } from "../../sdk/errors";
import type { OperationName } from "../../sdk/path";
import type { AccessQuestion } from "../../sdk/policy";
import type { Exchange } from "../exchange";
import { handlerCall } from "../handler-call";
import type { PipelinePorts } from "../ports";

const DENIED = "1 error occurred:\n\t* permission denied\n\n";

/**
 * The policy check: before any field is validated and before anybody says whether the path exists. Where a path tells
 * create from update, and only then, a policy that allows one of them makes the handler look what is there.
 */
export function authorise(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  if (exchange.byWrappingToken) return undefined;
  if (exchange.operation === "update" || exchange.operation === "create") return authoriseWrite(exchange, ports);
  const allowed = asks(exchange, ports, exchange.operation);
  if (allowed === true) return undefined;
  return allowed === false ? refuse() : allowed.then(insist);
}

function asks(exchange: Exchange, ports: PipelinePorts, operation: OperationName): boolean | Promise<boolean> {
  const { token } = exchange;
  if (token === undefined) return false;
  const question: AccessQuestion = {
    policies: token.policies,
    operation,
    path: exchange.path,
    needsSudo: exchange.declaration?.sudo === true,
    parameters: parametersOf(exchange),
    wrapTtlSeconds: exchange.wrapTtlSeconds,
  };
  return ports.access.allows(question);
}

/** A read's fields come from the query, and policies say as much about them as about a body's. */
function parametersOf({ operation, body, query }: Exchange): AccessQuestion["parameters"] {
  if (operation !== "read") return body.size === 0 ? undefined : body;
  if (query.size === 0) return undefined;
  return new Map([...query].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : [...values]]));
}

function authoriseWrite(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  const update = asks(exchange, ports, "update");
  const create = asks(exchange, ports, "create");
  if (update instanceof Promise || create instanceof Promise) {
    return Promise.all([update, create]).then(([mayUpdate, mayCreate]) => settle(exchange, mayUpdate, mayCreate));
  }
  return settle(exchange, update, create);
}

function settle(exchange: Exchange, mayUpdate: boolean, mayCreate: boolean): Promise<void> | undefined {
  if (!mayUpdate && !mayCreate) return refuse();
  const declaration = exchange.match?.path.declaration;
  if (declaration?.exists === undefined) return undefined;
  const { create, update } = declaration.operations;
  const differ = create !== undefined && update !== undefined && create !== update;
  if (mayUpdate && mayCreate && !differ) return undefined;
  return lookThenSettle(exchange, mayUpdate, mayCreate);
}

async function lookThenSettle(exchange: Exchange, mayUpdate: boolean, mayCreate: boolean): Promise<void> {
  const declaration = exchange.match?.path.declaration;
  const exists = await declaration?.exists?.(handlerCall(exchange));
  exchange.operation = exists === true ? "update" : "create";
  exchange.declaration = declaration?.operations[exchange.operation] ?? exchange.declaration;
  insist(exists === true ? mayUpdate : mayCreate);
}

function insist(allowed: boolean): void {
  if (!allowed) refuse();
}

function refuse(): never {
  throw new ServerError("permission_denied", DENIED);
}
