import type { HttpAnswer } from "../http/message";
import type { Clock } from "../sdk/clock";
import { type Counter, counter, type Metrics, type Summary, summary } from "../sdk/metrics";
import type { OperationName } from "../sdk/path";
import type { Exchange } from "./exchange";

const OPERATIONS: readonly OperationName[] = ["create", "read", "update", "patch", "delete", "list"];
const STATUSES = ["2xx", "3xx", "4xx", "5xx"] as const;

export const requestMetrics = {
  requests: counter({
    name: "core.requests",
    unit: "requests",
    meaning: "Requests answered, by operation and class of the answer's status; those that secondaries forwarded too.",
    where: "every node",
    labels: { operation: OPERATIONS, status: STATUSES },
  }),
  handleRequest: summary({
    name: "core.handle_request",
    unit: "milliseconds",
    meaning: "Time to handle a request that is no login, from its last byte to its answer.",
    where: "every node",
  }),
  handleLoginRequest: summary({
    name: "core.handle_login_request",
    unit: "milliseconds",
    meaning: "Time to handle a login.",
    where: "every node",
  }),
} as const;

/** Counts and times requests. Everything it adds to was made beforehand. */
export class RequestMeter {
  private readonly counters: Readonly<Record<OperationName, readonly Counter[]>>;
  private readonly handled: Summary;
  private readonly login: Summary;

  constructor(
    metrics: Metrics,
    private readonly clock: Clock,
  ) {
    const of = (operation: OperationName): readonly Counter[] =>
      STATUSES.map((status) => metrics.counter(requestMetrics.requests, { operation, status }));
    this.counters = {
      create: of("create"),
      read: of("read"),
      update: of("update"),
      patch: of("patch"),
      delete: of("delete"),
      list: of("list"),
    };
    this.handled = metrics.summary(requestMetrics.handleRequest);
    this.login = metrics.summary(requestMetrics.handleLoginRequest);
  }

  begin(exchange: Exchange): void {
    exchange.beganMilliseconds = this.clock.monotonicMilliseconds();
  }

  /** @returns the answer. The first one counts: what was given up may still come to an end of its own. */
  end(exchange: Exchange, answer: HttpAnswer): HttpAnswer {
    const { kind, operation, beganMilliseconds } = exchange;
    if (beganMilliseconds === undefined) return answer;
    exchange.beganMilliseconds = undefined;
    this.counters[operation][Math.trunc(answer.status / 100) - 2]?.add();
    const duration = kind === "login" ? this.login : this.handled;
    duration.observe(this.clock.monotonicMilliseconds() - beganMilliseconds);
    return answer;
  }
}
