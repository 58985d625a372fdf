import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { reset } from "../support/fault-pipe";
import { BLACK_HOLE, FaultProxy } from "../support/fault-proxy";

/** Each effect of the proxy is measured, against the same path without it or by what a real socket reports. */
let server: Server;
let serverSockets: Socket[];
let proxy: FaultProxy;
let callers: Socket[];

/** Echoes what it gets. */
beforeEach(async () => {
  serverSockets = [];
  callers = [];
  server = createServer({ noDelay: true }, (socket) => {
    serverSockets.push(socket);
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no address");
  proxy = await FaultProxy.open({ targetPort: address.port, seed: 1 });
});

afterEach(async () => {
  for (const socket of [...callers, ...serverSockets]) socket.destroy();
  await proxy.close();
  await new Promise((settle) => server.close(settle));
});

async function call(): Promise<Socket> {
  const socket = connect({ port: proxy.port, host: "127.0.0.1", noDelay: true });
  callers.push(socket);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

function failureOf(socket: Socket, milliseconds = 5_000): Promise<string | undefined> {
  return new Promise((settle) => {
    const timer = setTimeout(() => settle(undefined), milliseconds);
    const end = (code: string) => {
      clearTimeout(timer);
      settle(code);
    };
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    socket.once("close", () => end("closed"));
  });
}

/** Sends bytes and waits until so many came back. @returns milliseconds */
async function echo(socket: Socket, bytes: Buffer): Promise<number> {
  const started = performance.now();
  const received: Buffer[] = [];
  let count = 0;
  await new Promise<void>((settle, reject) => {
    const take = (chunk: Buffer): void => {
      received.push(chunk);
      count += chunk.length;
      if (count < bytes.length) return;
      socket.off("data", take);
      settle();
    };
    socket.on("data", take);
    socket.once("close", () => reject(new Error("closed")));
    socket.write(bytes);
  });
  expect(Buffer.concat(received).equals(bytes)).toBe(true);
  return performance.now() - started;
}

async function isSilent(socket: Socket, milliseconds: number): Promise<boolean> {
  let heard = false;
  const hear = (): void => {
    heard = true;
  };
  socket.on("data", hear);
  await new Promise((settle) => setTimeout(settle, milliseconds));
  socket.off("data", hear);
  return !heard;
}

const SMALL = Buffer.from("small");
const LARGE = Buffer.alloc(400_000, 7);

it("passes bytes on unaltered, and counts them", async () => {
  await echo(await call(), LARGE);
  expect(proxy.bytes).toEqual({ up: LARGE.length, down: LARGE.length });
  expect(proxy.accepted).toBe(1);
});

it("delays each direction by what was set, changed on the fly", async () => {
  const socket = await call();
  const clear = await echo(socket, SMALL);
  await proxy.set({ delayMilliseconds: 60 });
  const delayed = await echo(socket, SMALL);
  expect(delayed).toBeGreaterThanOrEqual(118);
  expect(delayed - clear).toBeLessThan(400);
  await proxy.clear();
  expect(await echo(socket, SMALL)).toBeLessThan(delayed / 2);
});

it("delays without taking bandwidth: many pieces are on their way at once", async () => {
  await proxy.set({ delayMilliseconds: 50 });
  expect(await echo(await call(), LARGE)).toBeLessThan(1_000);
});

it("keeps the order under jitter", async () => {
  await proxy.set({ delayMilliseconds: 1, jitterMilliseconds: 20 });
  const socket = await call();
  const numbers = Buffer.from(Array.from({ length: 100 }, (_, at) => at));
  let back = Buffer.alloc(0);
  const all = new Promise<void>((settle) =>
    socket.on("data", (chunk: Buffer) => {
      back = Buffer.concat([back, chunk]);
      if (back.length === numbers.length) settle();
    }),
  );
  for (const byte of numbers) {
    socket.write(Buffer.of(byte));
    await new Promise((settle) => setImmediate(settle));
  }
  await all;
  expect(back.equals(numbers)).toBe(true);
});

it("lets through what the bandwidth allows, all connections together", async () => {
  await proxy.set({ bytesPerSecond: 1_000_000 });
  const [one, two] = [await call(), await call()];
  const started = performance.now();
  await Promise.all([echo(one, LARGE), echo(two, LARGE)]);
  const seconds = (performance.now() - started) / 1000;
  // 800 kB at 1 MB/s.
  expect(seconds).toBeGreaterThan(0.78);
  expect(seconds).toBeLessThan(2.5);
});

it("a black hole accepts and answers nothing; what it held arrives afterwards", async () => {
  const before = await call();
  await echo(before, SMALL);
  await proxy.set(BLACK_HOLE);
  const during = await call();
  for (const socket of [before, during]) socket.write(SMALL);
  expect(await Promise.all([isSilent(before, 150), isSilent(during, 150)])).toEqual([true, true]);
  expect(serverSockets).toHaveLength(1);
  await proxy.clear();
  expect(await Promise.all([isSilent(before, 150), isSilent(during, 150)])).toEqual([false, false]);
});

it("a partition in one direction lets the other through", async () => {
  const socket = await call();
  await echo(socket, SMALL);
  await proxy.set({ up: "held" });
  socket.write(SMALL);
  expect(await isSilent(socket, 100)).toBe(true);
  serverSockets[0]?.write("from the server");
  const [greeting] = (await once(socket, "data")) as [Buffer];
  expect(String(greeting)).toBe("from the server");
  await proxy.set({ up: "open", down: "held" });
  socket.write(SMALL);
  expect(await isSilent(socket, 100)).toBe(true);
  await proxy.clear();
  expect(await isSilent(socket, 100)).toBe(false);
});

it("the end of a side that is cut off is not seen before the partition is over", async () => {
  const socket = await call();
  await echo(socket, SMALL);
  await proxy.set({ down: "held" });
  serverSockets[0]?.destroy();
  const ended = once(socket, "end");
  const early = await Promise.race([
    ended.then(() => true),
    new Promise((settle) => setTimeout(() => settle(false), 100)),
  ]);
  expect(early).toBe(false);
  await proxy.clear();
  await ended;
});

it("resets both sides", async () => {
  const socket = await call();
  await echo(socket, SMALL);
  const failures = [failureOf(socket), failureOf(serverSockets[0] ?? socket)];
  proxy.reset();
  expect(await Promise.all(failures)).toEqual(["ECONNRESET", "ECONNRESET"]);
});

it.each(["caller", "target"] as const)("half open: the %s is gone, the other side is not told", async (gone) => {
  const socket = await call();
  await echo(socket, SMALL);
  const own = serverSockets[0] ?? socket;
  const [lost, kept] = gone === "caller" ? [socket, own] : [own, socket];
  const failures = [failureOf(lost), failureOf(kept, 150)];
  proxy.halfOpen(gone);
  kept.write(SMALL);
  expect(await Promise.all(failures)).toEqual(["ECONNRESET", undefined]);
});

it("refuses connections like a port that nobody listens on, and opens the same port again", async () => {
  const standing = await call();
  await proxy.set({ admission: "refuse" });
  const refused = connect({ port: proxy.port, host: "127.0.0.1" });
  expect(await failureOf(refused)).toBe("ECONNREFUSED");
  await echo(standing, SMALL);
  await proxy.clear();
  await echo(await call(), SMALL);
});

it("resets those who dial when told to", async () => {
  await proxy.set({ admission: "reset" });
  const socket = connect({ port: proxy.port, host: "127.0.0.1" });
  expect(await failureOf(socket)).toBe("ECONNRESET");
});

it("a target that is down ends the connection of the caller", async () => {
  const free = await FaultProxy.open({ targetPort: 1, seed: 2 });
  const socket = connect({ port: free.port, host: "127.0.0.1" });
  expect(await failureOf(socket)).toBe("ECONNRESET");
  await free.close();
});

test("a reset in the turn of the end closes the socket all the same", async () => {
  const caller = connect({ port: proxy.port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  callers.push(caller);
  await echo(caller, Buffer.from("x"));
  const [socket] = serverSockets;
  if (socket === undefined) throw new Error("nobody called");
  const before = openSockets();
  socket.unpipe(socket).end();
  reset(socket);
  await until(() => openSockets() < before);
});

/** Descriptors of this process that are sockets (Linux). */
function openSockets(): number {
  return readdirSync("/proc/self/fd").filter((name) => targetOf(name).startsWith("socket:")).length;
}

function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    // The listing's own descriptor is gone by now.
    return "";
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; n < 100 && !holds(); n += 1) await new Promise((settle) => setTimeout(settle, 10));
  expect(holds()).toBe(true);
}
