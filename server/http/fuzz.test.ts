import * as fc from "fast-check";
import { systemClock } from "../sdk/clock";
import type { HttpListener } from "./listener";
import { exchange, listenForTest, statusesIn } from "./test-peer";

/** Whatever is sent: the connection is answered or closed, nothing hangs, and the listener goes on. */
describe("hostile bytes over a socket", () => {
  let listener: HttpListener;
  const errors: unknown[] = [];

  beforeAll(async () => {
    listener = await listenForTest({
      onHandlerError: (error) => errors.push(error),
      handler: async ({ body }) => {
        if (body.length % 2 === 1) await systemClock.sleep(1);
        return { status: 200, body: '"ok"\n' };
      },
    });
  });

  afterAll(() => listener.stop(0));

  const line = fc.constantFrom(
    "GET /v1/a HTTP/1.1\r\nHost: h\r\n\r\n",
    "LIST /v1/secret HTTP/1.1\r\nHost: h\r\nX-Vault-Token: t\r\n\r\n",
    "POST /v1/a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
    "POST /v1/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "GET /v1/a HTTP/1.1\r\nHost: h\r\n__proto__: a\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "\r\n",
    "\0\xff\x16\x03\x01",
    "X".repeat(9000),
    "0\r\n\r\n",
  );
  const damage = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 }));

  test("never hang and never crash", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 6 }),
        fc.array(damage, { maxLength: 3 }),
        async (lines, hits) => {
          const bytes = Buffer.from(lines.join(""), "latin1");
          for (const [place, byte] of hits) bytes[Math.floor(place * (bytes.length - 1))] = byte;
          const received = await exchange(listener.address.port, bytes.toString("latin1"));
          const statuses = statusesIn(received);
          // Only the last answer of a connection may be a refusal.
          expect(statuses.slice(0, -1).every((status) => status === 200)).toBe(true);
          expect(received === "" || received.endsWith("\n") || received.endsWith("\r\n\r\n")).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
    expect(errors).toEqual([]);
    const last = await exchange(listener.address.port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(statusesIn(last)).toEqual([200]);
    while (listener.statistics.connections > 0) await systemClock.sleep(1);
    expect(listener.statistics.requestsInFlight).toBe(0);
  });
});
