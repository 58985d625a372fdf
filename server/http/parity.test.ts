import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as fc from "fast-check";
import type { HttpListener } from "./listener";
import type { RequestView } from "./test-peer";
import { exchange, listenForTest, statusesIn, viewOf } from "./test-peer";

/** The same bytes through node:http and through this codec: whatever both accept, both understand alike. */
describe("parity with node:http", () => {
  let ours: HttpListener;
  let theirs: http.Server;
  let seenByOurs: RequestView[] = [];
  let seenByTheirs: RequestView[] = [];

  beforeAll(async () => {
    ours = await listenForTest({
      handler: (request) => {
        seenByOurs.push(viewOf(request));
        return { status: 200 };
      },
    });
    theirs = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        seenByTheirs.push(viewOfTheirs(request, Buffer.concat(chunks)));
        response.end();
      });
    });
    await new Promise<void>((resolve) => theirs.listen(0, "127.0.0.1", resolve));
  });

  afterAll(async () => {
    await ours.stop(0);
    await new Promise((resolve) => theirs.close(resolve));
  });

  async function both(bytes: string): Promise<{ ours: number[]; theirs: number[] }> {
    seenByOurs = [];
    seenByTheirs = [];
    const { port } = theirs.address() as AddressInfo;
    const [one, other] = await Promise.all([exchange(ours.address.port, bytes), exchange(port, bytes)]);
    return { ours: statusesIn(one), theirs: statusesIn(other) };
  }

  const name = fc.constantFrom("Accept", "x-odd", "User-Agent", "__proto__", "X-Vault-Request", "X-Request-Id");
  const value = fc.stringMatching(/^([!-~\u00a1-\u00fe]([ -~\u00a1-\u00fe\t]{0,20}[!-~])?)?$/);
  const blanks = fc.constantFrom("", " ", "\t", "  ");
  const header = fc
    .tuple(name, blanks, value, blanks)
    .map(([key, before, text, after]) => `${key}:${before}${text}${after}`);
  const target = fc.stringMatching(/^\/[0-9A-Za-z%.?&=/_~!$'()*+,;:@-]{0,40}$/);
  const body = fc.oneof(
    fc.constant(""),
    fc.string().map((text) => `Content-Length: ${text.length}\r\n\r\n${text}`),
    fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }).map((chunks) => {
      const coded = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
      return `Transfer-Encoding: chunked\r\n\r\n${coded}0\r\n\r\n`;
    }),
  );
  const message = fc
    .tuple(
      fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"),
      target,
      fc.uniqueArray(header, { maxLength: 5, selector: (line) => line.split(":")[0] }),
      body,
    )
    .map(([method, path, headers, rest]) => {
      const head = [`${method} ${path} HTTP/1.1`, "Host: localhost:8200", ...headers].join("\r\n");
      return rest === "" ? `${head}\r\n\r\n` : `${head}\r\n${rest}`;
    });

  test("of well-formed requests, also several on one connection", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 3 }), async (messages) => {
        const statuses = await both(messages.join(""));
        expect(statuses.theirs).toEqual(messages.map(() => 200));
        expect(statuses.ours).toEqual(statuses.theirs);
        expect(seenByOurs).toEqual(seenByTheirs);
      }),
      { numRuns: 150 },
    );
  });

  test("of damaged requests: what this codec accepts, node:http accepts and reads alike", async () => {
    const damage = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom("\r", "\n", "\0", " ", ":", "\t", "a", ",", ";", "\r\n"),
    );
    await fc.assert(
      fc.asyncProperty(message, fc.array(damage, { minLength: 1, maxLength: 2 }), async (text, hits) => {
        let bytes = text;
        for (const [place, insert] of hits) {
          const at = Math.floor(place * bytes.length);
          bytes = bytes.slice(0, at) + insert + bytes.slice(at);
        }
        const statuses = await both(bytes);
        expect(seenByOurs).toHaveLength(statuses.ours.filter((status) => status === 200).length);
        // Methods are the one thing node:http knows less of; it stops reading at the first one it does not know.
        const unknown = seenByOurs.findIndex(({ method }) => !http.METHODS.includes(method));
        const comparable = unknown < 0 ? seenByOurs : seenByOurs.slice(0, unknown);
        expect(seenByTheirs.slice(0, comparable.length)).toEqual(comparable);
      }),
      { numRuns: 300 },
    );
  });
});

function viewOfTheirs(request: http.IncomingMessage, body: Buffer): RequestView {
  const headers: (readonly [string, string])[] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    headers.push([(request.rawHeaders[index] ?? "").toLowerCase(), request.rawHeaders[index + 1] ?? ""]);
  }
  return { method: request.method ?? "", target: request.url ?? "", headers, body: body.toString("latin1") };
}
