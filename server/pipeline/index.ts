import type { HttpAnswer, HttpRequest } from "../http/message";
import type { ListenerOpening } from "../sdk/path";
import type { ForwardedAnswer, ForwardedRequest } from "../sdk/replication";
import { Deadlines } from "./deadlines";
import { answerOf } from "./envelope";
import { errorAnswer } from "./error-answer";
import type { RequestKind } from "./exchange";
import { Exchange } from "./exchange";
import type { PipelinePorts } from "./ports";
import { RequestMeter } from "./request-metrics";
import type { Stage } from "./stage";
import { runStages } from "./stage";
import { auditRequest } from "./stages/audit-request";
import { auditResponse } from "./stages/audit-response";
import { authenticate } from "./stages/authenticate";
import { authorise } from "./stages/authorise";
import { canonicalise } from "./stages/canonicalise";
import { checkForwarded } from "./stages/check-forwarded";
import { checkIndex } from "./stages/check-index";
import { checkRoute } from "./stages/check-route";
import { checkSeal } from "./stages/check-seal";
import { confirmDurable } from "./stages/confirm-durable";
import { findRoute } from "./stages/find-route";
import { finishTokenUse } from "./stages/finish-token-use";
import { forward } from "./stages/forward";
import { help } from "./stages/help";
import { leaveDrSecondary } from "./stages/leave-dr-secondary";
import { parseBody } from "./stages/parse-body";
import { register } from "./stages/register";
import { run } from "./stages/run";
import { validate } from "./stages/validate";
import { wrap } from "./stages/wrap";
import { mayHaveWritten } from "./wrote";

const REQUEST_SECONDS_MAX = 90;

/** What every request meets before its kind is known. */
const entry: readonly Stage[] = [canonicalise, findRoute, checkSeal, leaveDrSecondary];

/**
 * The order of every check, for every kind of request. What `unauthenticated` requests ask for costs no storage: nothing is
 * registered and nothing wrapped for somebody who showed no token and earns none;
 * `forwarded` is a request that a performance secondary of ours has authenticated: its policies are asked again here.
 */
const table: readonly (readonly [stage: Stage, kinds: readonly RequestKind[]])[] = [
  [authenticate, ["authenticated", "help"]],
  [checkIndex, ["authenticated", "help", "login", "unauthenticated"]],
  [parseBody, ["authenticated", "login", "unauthenticated", "forwarded"]],
  [auditRequest, ["authenticated", "help", "login", "unauthenticated", "forwarded"]],
  [checkForwarded, ["forwarded"]],
  [authorise, ["authenticated", "help", "forwarded"]],
  [checkRoute, ["authenticated", "login", "unauthenticated", "forwarded"]],
  [help, ["help"]],
  [forward, ["authenticated", "login", "unauthenticated"]],
  [validate, ["authenticated", "login", "unauthenticated", "forwarded"]],
  [run, ["authenticated", "login", "unauthenticated", "forwarded"]],
  [register, ["authenticated", "login", "forwarded"]],
  [wrap, ["authenticated", "login"]],
];

/** What every request meets at its end, failed or not, each stage in its own right. Failing here replaces the answer. */
const exit: readonly Stage[] = [finishTokenUse, confirmDurable, auditResponse];

function stagesOf(kind: RequestKind): readonly Stage[] {
  return table.filter(([, kinds]) => kinds.includes(kind)).map(([stage]) => stage);
}

/** Stage functions in their order, per kind. */
export const stageTable: Readonly<Record<RequestKind, readonly Stage[]>> = {
  authenticated: stagesOf("authenticated"),
  login: stagesOf("login"),
  unauthenticated: stagesOf("unauthenticated"),
  help: stagesOf("help"),
  forwarded: stagesOf("forwarded"),
};
export const entryStages = entry;
export const exitStages = exit;

/** Every request of the API, from the codec or from another cluster, to its answer. */
export class Pipeline {
  private readonly deadlines: Deadlines;

  private readonly meter: RequestMeter;

  constructor(private readonly ports: PipelinePorts) {
    this.deadlines = new Deadlines(ports.clock, REQUEST_SECONDS_MAX);
    this.meter = new RequestMeter(ports.metrics, ports.clock);
  }

  /** Requests under way that could not be answered at once. */
  get inFlight(): number {
    return this.deadlines.count;
  }

  /** The handler of the API listener. Never throws and never rejects. Synchronous where no stage has to wait. */
  handle(request: HttpRequest, listenerOpens?: ReadonlySet<ListenerOpening>): HttpAnswer | Promise<HttpAnswer> {
    const exchange = new Exchange(this.ports.random.uuid(), request, undefined, undefined);
    if (listenerOpens !== undefined) exchange.listenerOpens = listenerOpens;
    return this.answer(exchange);
  }

  /** The handler of requests that another cluster of the set hands over whole (`ForwardedHandler`). */
  async handleForwarded(
    request: ForwardedRequest,
    signal: AbortSignal,
    allowsMount: (mountPath: string) => boolean,
  ): Promise<ForwardedAnswer> {
    const exchange = new Exchange(request.id, undefined, request, signal);
    exchange.allowsMount = allowsMount;
    const sharedBefore = this.ports.replication.sharedIndex();
    const answer = await this.answer(exchange);
    const body = typeof answer.body === "string" ? Buffer.from(answer.body, "utf8") : answer.body;
    const shared = this.ports.replication.sharedIndex();
    return {
      status: answer.status,
      // The client of a DR secondary is this cluster's own; a performance secondary names its own state to its client.
      headers: request.caller.kind === "token" ? (answer.headers ?? []) : [],
      body: body ?? Buffer.alloc(0),
      index: shared > sharedBefore ? shared : 0,
      ...(exchange.beyondReach === undefined ? {} : { beyondReach: exchange.beyondReach }),
    };
  }

  private answer(exchange: Exchange): HttpAnswer | Promise<HttpAnswer> {
    this.meter.begin(exchange);
    exchange.indexBefore = this.ports.replication.lastIndex();
    exchange.calledBefore = this.ports.replication.calledIndex();
    const waiting = this.attempt(exchange, () => this.enter(exchange));
    if (waiting === undefined) return this.leave(exchange);
    return this.deadlines.within(
      waiting.then(() => this.leave(exchange)),
      () => {
        exchange.abort();
        return this.meter.end(exchange, errorAnswer(exchange, this.ports.logger));
      },
    );
  }

  private enter(exchange: Exchange): Promise<void> | undefined {
    const waiting = runStages(entry, exchange, this.ports);
    if (waiting !== undefined) return waiting.then(() => runStages(stageTable[exchange.kind], exchange, this.ports));
    return runStages(stageTable[exchange.kind], exchange, this.ports);
  }

  /** Runs stages; what they throw ends up in the exchange. */
  private attempt(exchange: Exchange, stages: () => Promise<void> | undefined): Promise<void> | undefined {
    try {
      return stages()?.catch((error: unknown) => exchange.fail(error));
    } catch (error) {
      exchange.fail(error);
      return undefined;
    }
  }

  private leave(exchange: Exchange): HttpAnswer | Promise<HttpAnswer> {
    const waiting = this.exit(exchange);
    return waiting === undefined ? this.settle(exchange) : waiting.then(() => this.settle(exchange));
  }

  /** A stage that fails does not keep the trail from learning of it. */
  private exit(exchange: Exchange, from = 0): Promise<void> | undefined {
    for (let index = from; index < exit.length; index++) {
      const waiting = this.attempt(exchange, () => exit[index]?.(exchange, this.ports));
      if (waiting !== undefined) return waiting.then(() => this.exit(exchange, index + 1));
    }
    return undefined;
  }

  private settle(exchange: Exchange): HttpAnswer {
    return this.meter.end(exchange, this.answerTo(exchange));
  }

  private answerTo(exchange: Exchange): HttpAnswer {
    if (exchange.error !== undefined) return errorAnswer(exchange, this.ports.logger);
    try {
      return this.withIndex(exchange, answerOf(exchange));
    } catch (error) {
      exchange.fail(error);
      return errorAnswer(exchange, this.ports.logger);
    }
  }

  /** X-Vault-Index on what modified storage, here or at the primary. */
  private withIndex(exchange: Exchange, answer: HttpAnswer): HttpAnswer {
    const hadCalled = this.ports.replication.calledIndex() !== exchange.calledBefore;
    if (exchange.written === undefined && !hadCalled && !mayHaveWritten(exchange, this.ports)) return answer;
    const value = this.ports.indexHeader.format(exchange.written);
    if (value === undefined) return answer;
    return { ...answer, headers: [...(answer.headers ?? []), ["X-Vault-Index", value]] };
  }
}
