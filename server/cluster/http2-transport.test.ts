import { X509Certificate } from "node:crypto";
import { systemRandom } from "../sdk/random";
import type { FrameChannel, Peer, PeerConnection, TransportGate, TransportListener } from "../sdk/transport";
import { FRAME_BYTES_MAX } from "../sdk/transport";
import type { KeyedCertificate } from "./certificate-authority";
import { createAuthority, fingerprintOf, issueMember } from "./certificate-authority";
import { http2Transport } from "./http2-transport";

const setId = "11111111-2222-4333-8444-555555555555";
const otherSetId = "99999999-2222-4333-8444-555555555555";

class EchoGate implements TransportGate {
  readonly admitted = new Set<string>();
  readonly connections: PeerConnection[] = [];
  readonly refusals: string[] = [];
  readonly serving = new Map<string, { authority: KeyedCertificate; server: KeyedCertificate }>();
  framesSeen = 0;

  credentialsOf(id: string) {
    const set = this.serving.get(id);
    if (set === undefined) return undefined;
    return { authorityCertificate: set.authority.certificate, ...set.server };
  }
  frameBytesMax(): number {
    return FRAME_BYTES_MAX;
  }
  admits(peer: Peer): boolean {
    return this.admitted.has(peer.fingerprint);
  }
  async accept(channel: FrameChannel): Promise<void> {
    for (;;) {
      const frame = await channel.receive();
      if (frame === undefined) return;
      this.framesSeen += 1;
      await channel.send(frame);
    }
  }
  connected(connection: PeerConnection): void {
    this.connections.push(connection);
  }
  refused(reason: string): void {
    this.refusals.push(reason);
  }
}

let gate: EchoGate;
let listener: TransportListener;
let authority: KeyedCertificate;
const opened: PeerConnection[] = [];

async function member(from: KeyedCertificate, usage: "client" | "server", lifetimeMilliseconds?: number) {
  return await issueMember(
    from,
    {
      setId,
      name: usage,
      usage,
      nowMilliseconds: Date.now(),
      ...(lifetimeMilliseconds === undefined ? {} : { lifetimeMilliseconds }),
    },
    systemRandom,
  );
}

async function dial(client: KeyedCertificate, set = setId): Promise<FrameChannel> {
  const connection = await http2Transport.dial({
    address: `127.0.0.1:${listener.port}`,
    setId: set,
    credentials: { authorityCertificate: authority.certificate, ...client },
    signal: AbortSignal.timeout(5_000),
  });
  opened.push(connection);
  return await connection.open("stream");
}

beforeEach(async () => {
  authority = await createAuthority(setId, Date.now(), systemRandom);
  gate = new EchoGate();
  gate.serving.set(setId, { authority, server: await member(authority, "server") });
  listener = await http2Transport.listen("127.0.0.1", 0, gate);
});

afterEach(async () => {
  for (const connection of opened.splice(0)) connection.destroy();
  await listener.close();
});

async function admittedClient(): Promise<KeyedCertificate> {
  const client = await member(authority, "client");
  gate.admitted.add(fingerprintOf(client.certificate));
  return client;
}

test("a member's frames arrive whole, in order and in both directions", async () => {
  const channel = await dial(await admittedClient());
  const frames = [Buffer.alloc(0), Buffer.from("a"), Buffer.alloc(20_000, 7), Buffer.alloc(6_000_000, 9)];
  const sending = (async () => {
    for (const frame of frames) await channel.send(frame);
    channel.end();
  })();
  for (const frame of frames) expect((await channel.receive())?.equals(frame)).toBe(true);
  expect(await channel.receive()).toBeUndefined();
  await sending;
});

test("a connection that is dropped before HTTP/2 has begun on it ends, and throws nothing at anybody", async () => {
  const client = await admittedClient();
  const thrown: unknown[] = [];
  const note = (error: unknown): void => void thrown.push(error);
  process.on("uncaughtException", note);
  try {
    const connection = await http2Transport.dial({
      address: `127.0.0.1:${listener.port}`,
      setId,
      credentials: { authorityCertificate: authority.certificate, ...client },
      signal: AbortSignal.timeout(5_000),
    });
    connection.destroy();
    await connection.closed;
    await new Promise((settle) => setImmediate(settle));
  } finally {
    process.off("uncaughtException", note);
  }
  expect(thrown).toEqual([]);
});

test("many channels of one connection do not wait for each other", async () => {
  await dial(await admittedClient());
  const connection = opened[0];
  if (connection === undefined) throw new Error("no connection");
  const channels = await Promise.all(Array.from({ length: 50 }, () => connection.open("forward")));
  await Promise.all(channels.map((channel, index) => channel.send(Buffer.from(`frame ${index}`))));
  const answers = await Promise.all(channels.map((channel) => channel.receive()));
  expect(answers.map(String)).toEqual(channels.map((_, index) => `frame ${index}`));
});

test("a channel opened at once carries its question before the peer has agreed", async () => {
  await dial(await admittedClient());
  const channel = opened[0]?.openAtOnce?.("forward");
  await channel?.send(Buffer.from("question"));
  expect(String(await channel?.receive())).toBe("question");
});

test("a sender is held back by a receiver that does not read", async () => {
  const channel = await dial(await admittedClient());
  let sent = 0;
  const flood = (async () => {
    for (; sent < 200; sent += 1) await channel.send(Buffer.alloc(1_000_000));
  })();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(60);
  channel.destroy();
  await expect(flood).rejects.toThrow("channel");
});

async function expectRefused(client: KeyedCertificate, set = setId): Promise<void> {
  await expect(dial(client, set)).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(gate.framesSeen).toBe(0);
  expect(gate.refusals.length).toBeGreaterThan(0);
}

test("a certificate of another authority is refused in the handshake", async () => {
  const stranger = await createAuthority(setId, Date.now(), systemRandom);
  await expectRefused(await member(stranger, "client"));
});

test("an expired certificate is refused in the handshake", async () => {
  const client = await member(authority, "client", -1_000);
  gate.admitted.add(fingerprintOf(client.certificate));
  await expectRefused(client);
});

test("a server's certificate does not let anybody in", async () => {
  const client = await member(authority, "server");
  gate.admitted.add(fingerprintOf(client.certificate));
  await expectRefused(client);
});

test("a signed certificate that is no member's is refused before a frame is read", async () => {
  await expectRefused(await member(authority, "client"));
});

test("a member takes another set's primary for nobody", async () => {
  const other = await createAuthority(otherSetId, Date.now(), systemRandom);
  gate.serving.set(otherSetId, { authority: other, server: await member(other, "server") });
  await expect(dial(await admittedClient(), otherSetId)).rejects.toThrow(/certificate/);
  expect(gate.framesSeen).toBe(0);
});

test("a set that this cluster is not the primary of is refused", async () => {
  gate.serving.clear();
  await expectRefused(await admittedClient());
});

test("a client refuses a primary with the certificate of another authority", async () => {
  const client = await admittedClient();
  authority = await createAuthority(setId, Date.now(), systemRandom);
  await expect(dial(client)).rejects.toThrow(/certificate/);
});

test("a dropped connection ends the member's channels at once", async () => {
  const channel = await dial(await admittedClient());
  const waiting = channel.receive();
  gate.connections[0]?.destroy();
  await expect(waiting).rejects.toThrow(/channel|connection|peer/);
});

test("a frame that announces more than the limit drops the channel", async () => {
  const channel = await dial(await admittedClient());
  await expect(channel.send(Buffer.alloc(FRAME_BYTES_MAX + 1))).rejects.toThrow("over the limit");
});

test("large frames on several channels at once, both ways, leave the connection as good as before", async () => {
  await dial(await admittedClient());
  const connection = opened[0];
  const echo = async (bytes: number): Promise<number | undefined> => {
    const channel = connection?.openAtOnce?.("forward");
    const sent = channel?.send(Buffer.alloc(bytes));
    // What is ended while it is being sent arrives whole all the same.
    channel?.end();
    await sent;
    return (await channel?.receive())?.length;
  };
  const large = 32 * 1024 * 1024;
  expect(await Promise.all([large, large, large].map(echo))).toEqual([large, large, large]);
  expect(await echo(1_000)).toBe(1_000);
}, 30_000);

test("certificates carry what they are for", async () => {
  const client = new X509Certificate((await admittedClient()).certificate);
  expect(client.ca).toBe(false);
  expect(new X509Certificate(authority.certificate).ca).toBe(true);
  expect(Date.parse(client.validFrom)).toBeLessThan(Date.now());
});

// Node's client spins in its own code when a session is ended of which a stream was reset with REFUSED_STREAM.
test("a connection of which a channel was refused is still told why, and ends when it is dropped", async () => {
  const client = await admittedClient();
  await dial(client);
  const connection = opened[0];
  if (connection === undefined) throw new Error("no connection");
  gate.admitted.clear();
  await expect(connection.open("stream")).rejects.toThrow("peer refused the channel stream with status 403");
  connection.destroy();
  await connection.closed;
  expect(gate.refusals).toContain("not_a_member");
});
