import type { AuditedRequest, AuditedResponse, AuditTrail } from "../../sdk/audit";
import type { Clock } from "../../sdk/clock";
import { type Counter, counter, type Metrics, type Summary, summary } from "../../sdk/metrics";

const timing = (name: string, meaning: string) =>
  summary({ name: `audit.${name}`, unit: "milliseconds", meaning, where: "every node" });
const failures = (name: string, meaning: string) =>
  counter({ name: `audit.${name}`, unit: "requests", meaning, where: "every node" });

export const auditMetrics = {
  logRequest: timing("log_request", "Time until one audit device had taken a request's entry, where any is enabled."),
  logResponse: timing("log_response", "Time until one audit device had taken a response's entry."),
  logRequestFailure: failures("log_request_failure", "Requests refused because no audit device took their entry."),
  logResponseFailure: failures("log_response_failure", "Answers withheld because no audit device took their entry."),
} as const;

/** The trail, timed, its failures counted. */
export class MeteredAuditTrail implements AuditTrail {
  private readonly requests: Summary;
  private readonly responses: Summary;
  private readonly requestFailures: Counter;
  private readonly responseFailures: Counter;

  constructor(
    private readonly trail: AuditTrail,
    metrics: Metrics,
    private readonly clock: Clock,
  ) {
    this.requests = metrics.summary(auditMetrics.logRequest);
    this.responses = metrics.summary(auditMetrics.logResponse);
    this.requestFailures = metrics.counter(auditMetrics.logRequestFailure);
    this.responseFailures = metrics.counter(auditMetrics.logResponseFailure);
  }

  request(request: AuditedRequest, error: string): Promise<void> | undefined {
    const began = this.clock.monotonicMilliseconds();
    const waiting = this.trail.request(request, error);
    return waiting === undefined ? undefined : this.follow(waiting, began, this.requests, this.requestFailures);
  }

  response(request: AuditedRequest, response: AuditedResponse): Promise<void> | undefined {
    const began = this.clock.monotonicMilliseconds();
    const waiting = this.trail.response(request, response);
    return waiting === undefined ? undefined : this.follow(waiting, began, this.responses, this.responseFailures);
  }

  private async follow(waiting: Promise<void>, began: number, duration: Summary, failed: Counter): Promise<void> {
    try {
      await waiting;
      duration.observe(this.clock.monotonicMilliseconds() - began);
    } catch (error) {
      failed.add();
      throw error;
    }
  }
}
