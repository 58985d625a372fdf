import { systemClock } from "../sdk/clock";
import type { HttpListener } from "./listener";
import { listenHttp } from "./listener";
import type { HttpAnswer } from "./message";
import { exchange, listenForTest, Peer, statusesIn } from "./test-peer";

const GET = "GET /v1/a HTTP/1.1\r\nHost: h\r\n\r\n";
const LAST_GET = "GET /v1/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

let listener: HttpListener | undefined;
const peers: Peer[] = [];

async function connect(): Promise<Peer> {
  if (listener === undefined) throw new Error("no listener");
  const peer = await Peer.connect(listener.address.port);
  peers.push(peer);
  return peer;
}

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy();
  await listener?.stop(0);
  listener = undefined;
});

function bodiesIn(received: string): string[] {
  return received
    .split(/HTTP\/1\.1 /)
    .slice(1)
    .map((answer) => answer.slice(answer.indexOf("\r\n\r\n") + 4));
}

describe("an answer", () => {
  test("has Vault's headers on every status, in one write", async () => {
    listener = await listenForTest({ handler: ({ target }) => ({ status: Number(target.slice(1)), body: "{}\n" }) });
    const peer = await connect();
    for (const status of [200, 204, 404, 472, 503]) {
      peer.received = "";
      peer.send(`GET /${status} HTTP/1.1\r\nHost: h\r\n\r\n`);
      const received = await peer.until((text) => text.endsWith(status === 204 ? "\r\n\r\n" : "{}\n"));
      expect(statusesIn(received)).toEqual([status]);
      expect(received).toContain("\r\nContent-Type: application/json\r\n");
      expect(received).toContain("\r\nCache-Control: no-store\r\n");
      expect(received).toContain("\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n");
      expect(received).toMatch(/\r\nDate: [A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT\r\n/);
      expect(received.includes("Content-Length")).toBe(status !== 204);
    }
  });

  test("has no body for HEAD but its length", async () => {
    listener = await listenForTest({ handler: () => ({ status: 200, body: "12345" }) });
    const received = await exchange(listener.address.port, "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(received).toContain("Content-Length: 5\r\n");
    expect(received.endsWith("\r\n\r\n")).toBe(true);
  });

  test("carries text as UTF-8, and bytes as they are", async () => {
    listener = await listenForTest({
      handler: ({ target }) => ({ status: 200, body: target === "/text" ? "ключ" : Buffer.from([0, 255, 10]) }),
    });
    const text = await exchange(listener.address.port, "GET /text HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(Buffer.from(bodiesIn(text)[0] ?? "", "latin1").toString("utf8")).toBe("ключ");
    expect(text).toContain("Content-Length: 8\r\n");
    expect(bodiesIn(await exchange(listener.address.port, "GET /bytes HTTP/1.1\r\nHost: h\r\n\r\n"))).toEqual([
      "\0\xff\n",
    ]);
  });

  test("follows the Connection rules of both versions", async () => {
    listener = await listenForTest({});
    const { port } = listener.address;
    const peer = await connect();
    peer.send("GET / HTTP/1.0\r\n\r\n");
    expect(await peer.untilClosed()).toContain("Connection: close\r\n");
    const kept = await connect();
    kept.send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    expect(await kept.until((text) => text.includes("body"))).toContain("Connection: keep-alive\r\n");
    expect(kept.closed).toBe(false);
    expect(statusesIn(await exchange(port, GET + LAST_GET + GET))).toEqual([200, 200]);
  });

  test("cannot be broken by a header value, and a handler that fails is answered 500 without its message", async () => {
    const errors: unknown[] = [];
    const answers: Record<string, () => HttpAnswer | Promise<HttpAnswer>> = {
      "/split": () => ({ status: 200, headers: [["X-A", "a\r\nX-B: b"]] }),
      "/length": () => ({ status: 200, headers: [["content-length", "0"]] }),
      "/status": () => ({ status: 100 }),
      "/throw": () => {
        throw new Error("hunter2");
      },
      "/reject": () => Promise.reject(new Error("hunter2")),
    };
    listener = await listenForTest({
      handler: ({ target }) => answers[target]?.() ?? { status: 404 },
      onHandlerError: (error) => errors.push(error),
    });
    const bytes = Object.keys(answers)
      .map((target) => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`)
      .join("");
    const received = await exchange(listener.address.port, bytes);
    expect(statusesIn(received)).toEqual([500, 500, 500, 500, 500]);
    expect(received).not.toMatch(/hunter2|X-B/);
    expect(errors).toHaveLength(5);
  });
});

describe("requests on one connection", () => {
  test("are answered in order, one at a time", async () => {
    let running = 0;
    listener = await listenForTest({
      handler: async ({ target }) => {
        expect(++running).toBe(1);
        await systemClock.sleep(target === "/0" ? 30 : 1);
        running--;
        return { status: 200, body: target };
      },
    });
    const bytes = [0, 1, 2, 3, 4].map((index) => `GET /${index} HTTP/1.1\r\nHost: h\r\n\r\n`).join("");
    expect(bodiesIn(await exchange(listener.address.port, bytes))).toEqual(["/0", "/1", "/2", "/3", "/4"]);
  });

  test("wait in a bounded buffer", async () => {
    const release: (() => void)[] = [];
    listener = await listenForTest({
      limits: { pipelineBytesMax: 1024 },
      handler: () => new Promise((resolve) => release.push(() => resolve({ status: 204 }))),
    });
    const peer = await connect();
    peer.socket.setNoDelay(true);
    for (let index = 0; index < 4000; index++) peer.send(GET.repeat(40));
    await systemClock.sleep(200);
    // Kernel buffers took some megabytes; the rest of 5 MB waits at the client because the server stopped reading.
    expect(peer.socket.writableLength).toBeGreaterThan(0);
    peer.destroy();
    for (const run of release) run();
  });

  test("are not answered beyond what the client reads", async () => {
    let handled = 0;
    listener = await listenForTest({
      handler: () => {
        handled++;
        return { status: 200, body: "x".repeat(1024 * 1024) };
      },
    });
    const peer = await connect();
    peer.socket.pause();
    peer.send(GET.repeat(100));
    await systemClock.sleep(200);
    expect(handled).toBeLessThan(50);
    peer.socket.resume();
    await peer.until((text) => text.length > 100 * 1024 * 1024);
    expect(handled).toBe(100);
  });

  test("are refused beyond the number in flight", async () => {
    const release: (() => void)[] = [];
    listener = await listenForTest({
      limits: { requestsInFlightMax: 1 },
      handler: () => new Promise((resolve) => release.push(() => resolve({ status: 200 }))),
    });
    const [first, second] = [await connect(), await connect()];
    first.send(GET);
    while (release.length === 0) await systemClock.sleep(1);
    second.send(GET);
    expect(statusesIn(await second.until((text) => text.includes("errors")))).toEqual([503]);
    release[0]?.();
    expect(statusesIn(await first.until((text) => text.includes("\r\n\r\n")))).toEqual([200]);
    expect(listener.statistics.requestsInFlight).toBe(0);
  });
});

describe("bodies", () => {
  test("are sent after 100 Continue, which is sent once and only when it is waited for", async () => {
    listener = await listenForTest({ handler: ({ body }) => ({ status: 200, body }) });
    const peer = await connect();
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
    await peer.until((text) => text === "HTTP/1.1 100 Continue\r\n\r\n");
    for (const piece of ["2", "\r", "\n", "a", "b\r\n0\r\n\r\n"]) {
      peer.send(piece);
      await systemClock.sleep(5);
    }
    expect(statusesIn(await peer.until((text) => text.endsWith("ab")))).toEqual([100, 200]);
    const received = await exchange(
      listener.address.port,
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab",
    );
    expect(statusesIn(received)).toEqual([200]);
  });

  test("above the route's limit are refused before they are read, and the answer arrives", async () => {
    listener = await listenForTest({ bodyBytesMax: (_method, target) => (target === "/large" ? 2_000_000 : 1000) });
    const upload = (target: string): string =>
      `POST ${target} HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n${"x".repeat(1_000_000)}`;
    expect(statusesIn(await exchange(listener.address.port, upload("/small")))).toEqual([413]);
    expect(statusesIn(await exchange(listener.address.port, upload("/large")))).toEqual([200]);
    const peer = await connect();
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
    expect(statusesIn(await peer.untilClosed())).toEqual([413]);
  });
});

describe("a listener", () => {
  test("names the address that is in use", async () => {
    listener = await listenForTest({});
    const { port } = listener.address;
    const second = listenHttp({ host: "127.0.0.1", port, clock: systemClock, handler: () => ({ status: 204 }) });
    await expect(second).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: the address is in use`);
  });

  test("bounds connections, also for each address", async () => {
    listener = await listenForTest({ limits: { connectionsPerAddressMax: 2 } });
    const [first] = [await connect(), await connect()];
    const third = await connect();
    await third.untilClosed();
    expect(listener.statistics).toMatchObject({ connections: 2, connectionsRefused: 1 });
    first?.destroy();
    while (listener.statistics.connections > 1) await systemClock.sleep(1);
    const fourth = await connect();
    fourth.send(GET);
    expect(statusesIn(await fourth.until((text) => text.includes("body")))).toEqual([200]);
  });

  test("finishes what is in flight when it stops, and closes idle connections at once", async () => {
    let release: (() => void) | undefined;
    listener = await listenForTest({
      handler: () => new Promise((resolve) => (release = () => resolve({ status: 200, body: "done" }))),
    });
    const [idle, busy] = [await connect(), await connect()];
    busy.send(GET);
    while (release === undefined) await systemClock.sleep(1);
    const stopped = listener.stop(10_000);
    await idle.untilClosed();
    expect(busy.closed).toBe(false);
    release();
    const received = await busy.untilClosed();
    expect(received).toContain("Connection: close\r\n");
    expect(received.endsWith("done")).toBe(true);
    await stopped;
  });

  test("ends what is left at the deadline", async () => {
    const aborted: boolean[] = [];
    listener = await listenForTest({
      handler: ({ connection }) =>
        new Promise(() => connection.signal.addEventListener("abort", () => aborted.push(true))),
    });
    const peer = await connect();
    peer.send(GET);
    while (listener.statistics.requestsInFlight === 0) await systemClock.sleep(1);
    await listener.stop(20);
    expect(await peer.untilClosed()).toBe("");
    expect(aborted).toEqual([true]);
  });

  test("tells a handler that its client went away", async () => {
    let gone = false;
    listener = await listenForTest({
      handler: ({ connection }) =>
        new Promise((resolve) =>
          connection.signal.addEventListener("abort", () => {
            gone = true;
            resolve({ status: 204 });
          }),
        ),
    });
    const peer = await connect();
    peer.send(GET);
    while (listener.statistics.requestsInFlight === 0) await systemClock.sleep(1);
    peer.socket.resetAndDestroy();
    while (!gone || listener.statistics.requestsInFlight > 0) await systemClock.sleep(1);
    expect(listener.statistics.connections).toBe(0);
  });
});
