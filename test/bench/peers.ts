import { createServer } from "node:http";
import { open } from "lmdb";

/**
 * The limits that figures are held against, each run as a process of its own so that it has a core to itself:
 *   node-http BYTES_BASE64      a bare node:http server that answers those bytes as JSON
 *   lmdb DIR CLIENTS MS KEYS VALUE_BYTES   bare durable commits of that many keys each; prints commits per second
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

async function commitBare(
  folder: string,
  clients: number,
  milliseconds: number,
  keys: number,
  valueBytes: number,
): Promise<void> {
  const database = open({ path: folder, compression: false, encoding: "binary", overlappingSync: false, maxDbs: 2 });
  const value = Buffer.alloc(valueBytes, 1);
  const until = performance.now() + milliseconds;
  let commits = 0;
  const started = performance.now();
  const drive = async (client: number): Promise<void> => {
    for (let round = 0; performance.now() < until; round += 1) {
      const writes: Promise<boolean>[] = [];
      for (let key = 0; key < keys; key += 1) writes.push(database.put(`${client}/${round % 1000}/${key}`, value));
      await Promise.all(writes);
      await database.flushed;
      commits += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => drive(client)));
  process.stdout.write(`${(commits * 1000) / (performance.now() - started)}\n`);
  await database.close();
}

if (kind === "node-http") serveNodeHttp(Buffer.from(args[0] ?? "", "base64"));
else if (kind === "lmdb")
  void commitBare(args[0] ?? "", Number(args[1]), Number(args[2]), Number(args[3]), Number(args[4]));
