import { digest, digestNames } from "../../sdk/digest";
import { ServerError } from "../../sdk/errors";
import type { Outcome } from "../../sdk/outcome";
import type { AnyPath } from "../../sdk/path";
import type { SystemContext } from "./context";
import { declare } from "./context";

const RANDOM_BYTES_MAX = 128 * 1024;

const formatField = (fallback: "base64" | "hex") =>
  ({ type: "string", description: "hex or base64.", default: fallback, allowed: ["hex", "base64"] }) as const;
const bytesField = { type: "integer", description: "How many bytes.", default: 32 } as const;
const urlBytesField = { type: "integer", description: "How many bytes, in the path." } as const;
const inputField = { type: "string", description: "Data in base64.", required: true, sensitive: true } as const;
const algorithmField = { type: "string", description: "Hash function.", default: "sha2-256" } as const;

export const toolPaths: readonly AnyPath<SystemContext>[] = [
  declare({
    template: "tools/random",
    summary: "Random bytes.",
    fields: { bytes: bytesField, format: formatField("base64") },
    operations: {
      update: {
        summary: "Draw random bytes",
        run: ({ context, fields }) => random(context, fields.bytes, fields.format),
      },
    },
  }),
  declare({
    template: "tools/random/{urlbytes}",
    summary: "Random bytes, their number in the path.",
    fields: { urlbytes: urlBytesField, bytes: bytesField, format: formatField("base64") },
    operations: {
      update: {
        summary: "Draw random bytes",
        run: ({ context, fields }) => random(context, fields.urlbytes ?? fields.bytes, fields.format),
      },
    },
  }),
  declare({
    template: "tools/hash",
    summary: "Hash of data.",
    fields: { algorithm: algorithmField, input: inputField, format: formatField("hex") },
    operations: {
      update: { summary: "Hash data", run: ({ fields }) => hash(fields.algorithm, fields.input, fields.format) },
    },
  }),
  declare({
    template: "tools/hash/{urlalgorithm}",
    summary: "Hash of data, the function in the path.",
    fields: {
      urlalgorithm: { type: "string", description: "Hash function, in the path." },
      algorithm: algorithmField,
      input: inputField,
      format: formatField("hex"),
    },
    operations: {
      update: {
        summary: "Hash data",
        run: ({ fields }) => hash(fields.urlalgorithm ?? fields.algorithm, fields.input, fields.format),
      },
    },
  }),
];

function random(context: SystemContext, count: number, format: string): Outcome {
  if (count < 1) throw new ServerError("invalid_request", '"bytes" cannot be less than 1');
  if (count > RANDOM_BYTES_MAX)
    throw new ServerError("invalid_request", `"bytes" should be less than ${RANDOM_BYTES_MAX}`);
  return { kind: "data", data: { random_bytes: encode(context.random.bytes(count), format) } };
}

function hash(algorithm: string, input: string, format: string): Outcome {
  const sum = digest(algorithm, Buffer.from(input, "base64"));
  if (sum === undefined) throw new ServerError("invalid_request", `algorithm may be: ${digestNames.join(", ")}`);
  return { kind: "data", data: { sum: encode(sum, format) } };
}

function encode(bytes: Buffer, format: string): string {
  return bytes.toString(format === "hex" ? "hex" : "base64");
}
