import { goPlugin, HEALTH_STATUS } from "./go-plugin-messages";
import type { UnaryMethod } from "./grpc-server";

/** Opened by Terraform at once and never used with providers: kept open and silent. */
export const IDLE_STREAMS: ReadonlySet<string> = new Set([
  "/plugin.GRPCBroker/StartStream",
  "/plugin.GRPCStdio/StreamStdio",
]);

/** The service name under which go-plugin asks for health. */
const HEALTH_SERVICE = "plugin";

/**
 * go-plugin's own unary methods. `shutdown` is told of the order; its signal aborts once the answer's stream is closed, which is
 * when the process may end.
 */
export function goPluginMethods(shutdown: (answered: AbortSignal) => void): ReadonlyMap<string, UnaryMethod> {
  const acknowledge: UnaryMethod = async (_request, signal) => {
    shutdown(signal);
    return goPlugin.encode("Empty", {});
  };
  const check: UnaryMethod = async (request) => {
    const { service } = goPlugin.decode("HealthCheckRequest", request);
    const serving = service === HEALTH_SERVICE || service === "";
    return goPlugin.encode("HealthCheckResponse", {
      status: serving ? HEALTH_STATUS.serving : HEALTH_STATUS.serviceUnknown,
    });
  };
  return new Map([
    ["/plugin.GRPCController/Shutdown", acknowledge],
    ["/grpc.health.v1.Health/Check", check],
  ]);
}
