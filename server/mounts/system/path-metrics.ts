import { ServerError } from "../../sdk/errors";
import type { Outcome } from "../../sdk/outcome";
import type { SystemContext } from "./context";
import { declare } from "./context";

export const metricsPaths = [
  declare({
    template: "metrics",
    summary: "What this node has counted and measured.",
    description:
      "Needs a token with a policy for it, on a DR secondary one of its primary, unless the listener is opened with " +
      "unauthenticated_metrics_access; then a sealed node answers too. docs/reference/metrics.md lists what there is.",
    fields: {
      format: {
        type: "string",
        description: 'Format of the answer: "prometheus" for the text format, "" for JSON.',
        default: "",
        bytesMax: 64,
      },
    },
    operations: {
      read: {
        summary: "Read the metrics of this node",
        responses: { 400: "The format is unknown, or Prometheus is switched off." },
        opensWith: "unauthenticated_metrics_access",
        onDrSecondary: true,
        run: ({ context, fields }) => metrics(context, fields.format),
      },
    },
  }),
];

function metrics({ ports }: SystemContext, format: string): Outcome {
  if (format === "" || format === "generic") return { kind: "bare", status: 200, body: ports.metrics.intervalReport() };
  if (format !== "prometheus") {
    throw new ServerError("invalid_request", 'the format of metrics is "prometheus", or "" for JSON');
  }
  const text = ports.metrics.prometheusText();
  if (text === undefined) throw new ServerError("invalid_request", "prometheus is not enabled");
  return {
    kind: "raw",
    status: 200,
    contentType: ports.metrics.prometheusContentType,
    body: Buffer.from(text, "utf8"),
  };
}
