import type { ClientHttp2Session } from "node:http2";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemRandom } from "../sdk/random";
import type { RefusalReason } from "../sdk/transport";
import { createAuthority, fingerprintOf, issueMember, type KeyedCertificate } from "./certificate-authority";
import { Http2Listener } from "./http2-listener";
import { http2Transport } from "./http2-transport";
import { serverName } from "./server-name";
import { RecordingGate } from "./testing/recording-gate";

/** Who is not let in on the cluster port, over real TCP and TLS: refused, told to the gate with reason and address. */
const setId = "11111111-2222-4333-8444-555555555555";
const otherSetId = "99999999-2222-4333-8444-555555555555";
const HANDSHAKE_MILLISECONDS = 400;

let authority: KeyedCertificate;
let otherAuthority: KeyedCertificate;
let member: KeyedCertificate;
let gate: RecordingGate;
let listener: Http2Listener;
const sockets: Socket[] = [];

async function issue(from: KeyedCertificate, usage: "client" | "server", lifetimeMilliseconds?: number) {
  const request = { setId, name: usage, usage, nowMilliseconds: Date.now() };
  const limited = lifetimeMilliseconds === undefined ? request : { ...request, lifetimeMilliseconds };
  return await issueMember(from, limited, systemRandom);
}

beforeAll(async () => {
  authority = await createAuthority(setId, Date.now(), systemRandom);
  otherAuthority = await createAuthority(otherSetId, Date.now(), systemRandom);
  member = await issue(authority, "client");
});

beforeEach(async () => {
  gate = new RecordingGate();
  gate.serving.set(setId, { authority, server: await issue(authority, "server") });
  gate.admitted.add(fingerprintOf(member.certificate));
  listener = new Http2Listener("127.0.0.1", gate, HANDSHAKE_MILLISECONDS);
  await listener.listen(0);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listener.close();
});

async function until(what: string, holds: () => boolean, milliseconds = 4_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!holds()) {
    if (Date.now() > end)
      throw new Error(`timed out waiting until ${what}; refusals: ${JSON.stringify(gate.refusals)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function keep<Kind extends Socket>(socket: Kind): Kind {
  sockets.push(socket);
  socket.on("error", () => undefined);
  socket.resume();
  return socket;
}

function tls(client: KeyedCertificate | undefined, options: ConnectionOptions = {}): TLSSocket {
  return keep(
    connectTls({
      host: "127.0.0.1",
      port: listener.port,
      servername: serverName(setId),
      rejectUnauthorized: false,
      ALPNProtocols: ["h2"],
      ...(client === undefined ? {} : { cert: client.certificate, key: client.privateKey }),
      ...options,
    }),
  );
}

function tcp(bytes: Buffer | string): Socket {
  const socket = keep(connectTcp(listener.port, "127.0.0.1", () => socket.write(bytes)));
  return socket;
}

/** The refusal came, with the address it came from, the socket is gone, and a member still gets in. */
async function expectRefused(reason: RefusalReason, socket: Socket): Promise<void> {
  const port = await portOf(socket);
  await until(`${reason} is refused`, () => gate.refusals.some((refusal) => refusal.reason === reason));
  const refusal = gate.refusals.find((each) => each.reason === reason);
  expect(refusal).toMatchObject({ address: `127.0.0.1:${port}`, detail: expect.stringMatching(/./) });
  await until("the socket is closed", () => socket.destroyed || socket.readableEnded);
  expect(gate.framesSeen).toBe(0);
  await memberGetsIn();
}

async function portOf(socket: Socket): Promise<number> {
  if (socket.localPort === undefined) await new Promise((resolve) => socket.once("connect", resolve));
  return socket.localPort ?? 0;
}

async function memberGetsIn(): Promise<void> {
  const credentials = { authorityCertificate: authority.certificate, ...member };
  const signal = AbortSignal.timeout(5_000);
  const connection = await http2Transport.dial({ address: `127.0.0.1:${listener.port}`, setId, credentials, signal });
  const channel = await connection.open("stream");
  await channel.send(Buffer.from("hello"));
  expect(String(await channel.receive())).toBe("hello");
  connection.destroy();
}

describe("in the handshake", () => {
  test("no certificate", () => expectRefused("no_certificate", tls(undefined)));
  test("a certificate of another authority", async () =>
    expectRefused("unknown_authority", tls(await issue(otherAuthority, "client"))));
  test("another set's authority itself", () => expectRefused("wrong_certificate", tls(otherAuthority)));
  test("our own set's authority itself", () => expectRefused("wrong_certificate", tls(authority)));
  test("an expired certificate", async () =>
    expectRefused("certificate_expired", tls(await issue(authority, "client", -1_000))));
  test("a certificate made to serve", async () =>
    expectRefused("wrong_certificate", tls(await issue(authority, "server"))));
  test("another set than ours", () =>
    expectRefused("unknown_set", tls(member, { servername: serverName(otherSetId) })));
  test("a member of one set is nobody in another", async () => {
    gate.serving.set(otherSetId, { authority: otherAuthority, server: await issue(otherAuthority, "server") });
    await expectRefused("unknown_authority", tls(member, { servername: serverName(otherSetId) }));
  });
  test("no set at all", () => expectRefused("handshake_failed", tls(member, { servername: "" })));
  test("TLS 1.2", () => expectRefused("handshake_failed", tls(member, { maxVersion: "TLSv1.2" })));
  test("HTTP/1.1 over TLS", () => expectRefused("handshake_failed", tls(member, { ALPNProtocols: ["http/1.1"] })));
  test("TLS without a protocol", () => {
    const socket = tls(member, { ALPNProtocols: [] });
    socket.once("secureConnect", () => socket.write("GET / HTTP/1.1\r\n\r\n"));
    return expectRefused("handshake_failed", socket);
  });
  test("plain HTTP/1.1", () =>
    expectRefused("handshake_failed", tcp("GET /v1/sys/health HTTP/1.1\r\nHost: x\r\n\r\n")));
  test("bytes that are nothing", () => expectRefused("handshake_failed", tcp(Buffer.alloc(2_000, 0xff))));
  test("a handshake that never ends", () =>
    expectRefused("handshake_timeout", tcp(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]))));
  test("a connection that never says a word", () => expectRefused("handshake_timeout", tcp("")));

  test("one byte every 50 ms", async () => {
    const socket = tcp(Buffer.from([0x16]));
    const trickle = setInterval(() => socket.destroyed || socket.write(Buffer.from([0x03])), 50);
    try {
      await until("it is cut off", () => socket.destroyed, 3_000);
    } finally {
      clearInterval(trickle);
    }
    expect(gate.refusals.map((refusal) => refusal.reason)).not.toEqual([]);
    await memberGetsIn();
  });

  test("a certificate that was revoked, or replaced by a newer token's: it is told why", async () => {
    gate.admitted.clear();
    const credentials = { authorityCertificate: authority.certificate, ...member };
    const dial = { address: `127.0.0.1:${listener.port}`, setId, credentials, signal: AbortSignal.timeout(5_000) };
    const refused = http2Transport.dial(dial).then((connection) => connection.open("stream"));
    await expect(refused).rejects.toThrow(/revoked, or a newer activation token for its id has replaced/);
    expect(gate.refusals).toEqual([
      { reason: "not_a_member", address: expect.stringMatching(/^127\.0\.0\.1:\d+$/), detail: expect.anything() },
    ]);
    expect(gate.channelsSeen).toBe(0);
  });
});

test("strangers at one address cannot keep more than their share of unfinished handshakes", async () => {
  await listener.close();
  listener = new Http2Listener("127.0.0.1", gate, 60_000);
  await listener.listen(0);
  for (let count = 0; count < 100; count += 1) tcp("");
  await until("the rest was refused at once", () => gate.refusals.length === 36, 15_000);
  expect(gate.refusals.every((refusal) => refusal.reason === "too_many_connections")).toBe(true);
  for (const socket of sockets.splice(0)) socket.destroy();
  // The place is free once the server has seen them go.
  let isIn = false;
  for (let attempt = 0; attempt < 100 && !isIn; attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    isIn = await memberGetsIn().then(
      () => true,
      () => false,
    );
  }
  expect(isIn).toBe(true);
}, 30_000);

test("who only looks whether the port is open is nobody's concern", async () => {
  const socket = tcp("");
  await portOf(socket);
  socket.destroy();
  await memberGetsIn();
  expect(gate.refusals).toEqual([]);
});

test("thousands of refused handshakes leave no memory behind", async () => {
  const once = async () => {
    const socket = tcp("GET / HTTP/1.1\r\n\r\n");
    await new Promise((resolve) => socket.once("close", resolve));
    sockets.splice(0);
  };
  const many = async (count: number) => {
    for (let done = 0; done < count; done += 20) await Promise.all(Array.from({ length: 20 }, once));
  };
  await many(1_000);
  gate.refusals.splice(0);
  const before = heapBytes();
  await many(4_000);
  expect(gate.refusals).toHaveLength(4_000);
  gate.refusals.splice(0);
  expect(heapBytes() - before).toBeLessThan(8 * 1024 * 1024);
}, 60_000);

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("this Node does not give its collector away");
  for (let round = 0; round < 3; round += 1) collect();
  return process.memoryUsage().heapUsed;
}

describe("after the handshake of a member", () => {
  const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

  function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
  }

  /** HEADERS that open a channel: method and scheme from HPACK's static table, path and authority as literals. */
  function open(stream: number, path: string, method = 0x83): Buffer {
    const literal = (index: number, text: string) =>
      Buffer.concat([Buffer.from([index, text.length]), Buffer.from(text)]);
    const block = Buffer.concat([Buffer.from([method, 0x87]), literal(0x04, path), literal(0x01, "a")]);
    return frame(1, 0x4, stream, block);
  }

  async function raw(...frames: readonly Buffer[]): Promise<TLSSocket> {
    const socket = tls(member);
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    socket.write(Buffer.concat([PREFACE, frame(4, 0, 0, Buffer.alloc(0)), ...frames]));
    return socket;
  }

  async function expectNoted(reason: RefusalReason): Promise<void> {
    await until(`${reason} is noted`, () => gate.refusals.some((refusal) => refusal.reason === reason));
    expect(gate.refusals[0]?.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(gate.framesSeen).toBe(0);
    await memberGetsIn();
  }

  test("HTTP/1.1 where HTTP/2 was agreed on", async () => {
    const socket = tls(member);
    socket.once("secureConnect", () => socket.write("GET / HTTP/1.1\r\n\r\n"));
    await expectRefused("protocol", socket);
  });
  test("a GET", async () => {
    await raw(open(1, "/stream", 0x82));
    await expectNoted("protocol");
  });
  test.each(["/", "/Stream", "/v1/sys/health", "/stream/..", `/${"a".repeat(33)}`])("the path %s", async (path) => {
    await raw(open(1, path));
    await expectNoted("protocol");
  });
  test("a frame of HTTP/2 that is longer than agreed: answered with a goodbye, and nothing behind it is read", async () => {
    const socket = await raw(frame(0, 0, 1, Buffer.alloc(70_000)), open(3, "/stream"));
    const received: Buffer[] = [];
    socket.on("data", (bytes: Buffer) => received.push(bytes));
    await until("it is told", () => Buffer.concat(received).includes("too large frame size"));
    expect(gate.channelsSeen).toBe(0);
    await memberGetsIn();
  });
  test("more channels than allowed", async () => {
    const frames = Array.from({ length: 1_000 }, (_, count) => open(1 + 2 * count, "/stream"));
    await raw(...frames);
    await expectNoted("too_many_channels");
    expect(gate.channelsSeen).toBeLessThanOrEqual(257);
  });
  test("headers over the limit", async () => {
    const session: ClientHttp2Session = connectHttp2(`https://${serverName(setId)}`, {
      createConnection: () => tls(member),
    });
    session.on("error", () => undefined);
    const big = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`x-${n}`, "v".repeat(2_000)]));
    const stream = session.request({ ":method": "POST", ":path": "/stream", ...big }, { endStream: false });
    const failed = new Promise((resolve) => stream.once("error", resolve));
    await failed;
    expect(gate.channelsSeen).toBe(0);
    session.destroy();
    await memberGetsIn();
  });
  test("a frame of ours over the limit drops the channel before it is kept", async () => {
    gate.receivedBytesMax = 1_000;
    const announced = Buffer.alloc(4);
    announced.writeUInt32BE(1_001);
    await raw(open(1, "/stream"), frame(0, 0, 1, announced));
    await expectNoted("oversized_frame");
  });
});
