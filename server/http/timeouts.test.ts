import type { Clock, Timer } from "../sdk/clock";
import { systemClock } from "../sdk/clock";
import type { HttpListener } from "./listener";
import { listenForTest, Peer, statusesIn } from "./test-peer";

/** Time that moves only when the test says so. */
class ManualClock implements Clock {
  private now = 1_700_000_000_000;
  private readonly timers = new Set<{ at: number; run: () => void }>();

  nowMilliseconds(): number {
    return this.now;
  }

  monotonicMilliseconds(): number {
    return this.now;
  }

  setTimer(delayMilliseconds: number, run: () => void): Timer {
    const timer = { at: this.now + delayMilliseconds, run };
    this.timers.add(timer);
    return { cancel: () => this.timers.delete(timer), unref: () => undefined };
  }

  sleep(delayMilliseconds: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(delayMilliseconds, resolve));
  }

  get waiting(): number {
    return this.timers.size;
  }

  advance(seconds: number): void {
    const end = this.now + seconds * 1000;
    for (;;) {
      const next = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.timers.delete(next);
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = end;
  }
}

const GET = "GET /v1/a HTTP/1.1\r\nHost: h\r\n\r\n";

describe("waiting for a client", () => {
  let clock: ManualClock;
  let listener: HttpListener;
  let peer: Peer;

  beforeEach(async () => {
    clock = new ManualClock();
    listener = await listenForTest({ clock, limits: { bodyBytesPerSecondMin: 1000 } });
    peer = await Peer.connect(listener.address.port);
    while (listener.statistics.connections === 0) await settle();
  });

  afterEach(async () => {
    peer.destroy();
    await listener.stop(0).catch(() => undefined);
    expect(clock.waiting).toBe(0);
  });

  /** Lets the bytes on the loopback arrive. */
  async function settle(): Promise<void> {
    await systemClock.sleep(10);
  }

  async function sendAndSettle(bytes: string): Promise<void> {
    peer.send(bytes);
    await settle();
  }

  test("ends for a head that drips in, ten seconds after its first byte", async () => {
    const head = "GET / HTTP/1.1\r\nX-A: bbbbbbbbbbbb";
    for (let second = 0; second < 10; second++) {
      await sendAndSettle(head[second] ?? "");
      clock.advance(1);
      await settle();
      expect(peer.received).toBe("");
    }
    clock.advance(1);
    expect(statusesIn(await peer.until((text) => text.includes("errors")))).toEqual([408]);
    await peer.untilClosed();
  });

  test("ends for a body that stops", async () => {
    await sendAndSettle("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
    clock.advance(30);
    await settle();
    expect(peer.received).toBe("");
    clock.advance(1);
    expect(statusesIn(await peer.untilClosed())).toEqual([408]);
  });

  test("ends for a body that drips in, however steadily", async () => {
    await sendAndSettle("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
    let seconds = 0;
    while (peer.received === "" && seconds < 100) {
      await sendAndSettle("x");
      clock.advance(5);
      seconds += 5;
      await settle();
    }
    expect(statusesIn(await peer.untilClosed())).toEqual([408]);
    expect(seconds).toBeLessThanOrEqual(40);
  });

  test("goes on for a body that keeps the least rate", async () => {
    await sendAndSettle("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    for (let part = 0; part < 10; part++) {
      await sendAndSettle("x".repeat(10_000));
      clock.advance(9);
      await settle();
    }
    expect(statusesIn(await peer.until((text) => text.includes("body")))).toEqual([200]);
  });

  test("ends without a word for an idle connection, before and after a request", async () => {
    clock.advance(50);
    await sendAndSettle(GET);
    expect(statusesIn(peer.received)).toEqual([200]);
    peer.received = "";
    clock.advance(60);
    await settle();
    expect(peer.closed).toBe(false);
    clock.advance(1);
    expect(await peer.untilClosed()).toBe("");
  });

  test("starts anew for the head of each request", async () => {
    await sendAndSettle("GET / HTT");
    clock.advance(9);
    await sendAndSettle("P/1.1\r\nHost: h\r\n\r\nGET / HTT");
    expect(statusesIn(peer.received)).toEqual([200]);
    clock.advance(9);
    await sendAndSettle("P/1.1\r\nHost: h\r\n\r\n");
    expect(statusesIn(peer.received)).toEqual([200, 200]);
  });

  test("ends for a client that does not read its answers", async () => {
    const large = await listenForTest({ clock, handler: () => ({ status: 200, body: "x".repeat(20_000_000) }) });
    const reader = await Peer.connect(large.address.port);
    reader.socket.pause();
    reader.send(GET);
    await systemClock.sleep(100);
    clock.advance(31);
    clock.advance(31);
    while (large.statistics.connections > 0) await settle();
    reader.destroy();
    await large.stop(0);
  });

  test("does not hold a connection whose answer is its last", async () => {
    const stubborn = await Peer.connect(listener.address.port);
    stubborn.socket.removeAllListeners("end");
    stubborn.send("BAD\r\n\r\n");
    await stubborn.until((text) => text.includes("errors"));
    await settle();
    expect(listener.statistics.connections).toBe(2);
    clock.advance(3);
    while (listener.statistics.connections > 1) await settle();
    stubborn.destroy();
  });
});
