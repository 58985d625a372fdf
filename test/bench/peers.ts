import { createServer } from "node:http";
import { commitBare } from "./bare-commits";

/**
 * The limits that figures are held against, each run as a process of its own so that it has a core to itself:
 *   node-http BYTES_BASE64      a bare node:http server that answers those bytes as JSON
 *   lmdb DIR CLIENTS MS ROUND   bare durable commits of the keys of our writes; prints writes per second
 */
const [, , kind, ...args] = process.argv;

function serveNodeHttp(body: Buffer): void {
  const server = createServer((_request, response) => {
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
      "Content-Length": body.length,
    });
    response.end(body);
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    process.stdout.write(`${typeof address === "object" ? address?.port : 0}\n`);
  });
}

if (kind === "node-http") serveNodeHttp(Buffer.from(args[0] ?? "", "base64"));
else if (kind === "lmdb") {
  const [folder = "", clients, milliseconds, round] = args;
  void commitBare({
    folder,
    clients: Number(clients),
    milliseconds: Number(milliseconds),
    round: Number(round),
  }).then((rate) => process.stdout.write(`${rate}\n`));
}
