import { type ClientHttp2Session, connect as connectHttp2, type Http2Server } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { connect as connectTls } from "node:tls";
import { type KeyedCertificate, privateKeyPem, selfSignedCertificate, validFor } from "./certificate";
import { goPlugin, HEALTH_STATUS } from "./go-plugin-messages";
import { goPluginMethods, IDLE_STREAMS } from "./go-plugin-services";
import { frame, unframe } from "./grpc-frame";
import { createGrpcServer } from "./grpc-server";
import { encodeGrpcMessage, GRPC_STATUS, GrpcError } from "./grpc-status";
import { createPinnedServer } from "./pinned-tls";

const LOCALHOST = { commonName: "localhost", dnsNames: ["localhost"], ipAddresses: [] };
const HEALTH = "/grpc.health.v1.Health/Check";

function certificate(): KeyedCertificate {
  return selfSignedCertificate(LOCALHOST, validFor(1, new Date()));
}

interface Answer {
  readonly status: string | undefined;
  readonly message: string | undefined;
  readonly body: Buffer;
}

/** A gRPC client that sends what it is told to, right or wrong. */
function call(session: ClientHttp2Session, path: string, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
    const chunks: Buffer[] = [];
    let status: string | undefined;
    let message: string | undefined;
    const note = (headers: Record<string, unknown>) => {
      if (headers["grpc-status"] !== undefined) status = String(headers["grpc-status"]);
      if (headers["grpc-message"] !== undefined) message = String(headers["grpc-message"]);
    };
    stream.on("response", note);
    stream.on("trailers", note);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("close", () => resolve({ status, message, body: Buffer.concat(chunks) }));
    stream.end(body);
  });
}

let closing: (() => void)[] = [];
let connections: { closed: boolean; calls: number }[] = [];

beforeEach(() => {
  closing = [];
  connections = [];
});

afterEach(() => {
  for (const close of closing.reverse()) close();
});

function createServer(): Http2Server {
  return createGrpcServer(() => {
    const connection = { closed: false, calls: 0 };
    connections.push(connection);
    return {
      unary: new Map([
        ...goPluginMethods(() => undefined),
        [
          "/test/Count",
          async () => {
            connection.calls += 1;
            return Buffer.from([connection.calls]);
          },
        ],
        ["/test/Echo", async (request: Buffer) => request],
        [
          "/test/Fail",
          async () => {
            throw new GrpcError(GRPC_STATUS.invalidArgument, "bad: 100% ü");
          },
        ],
      ]),
      idle: IDLE_STREAMS,
      close: async () => {
        connection.closed = true;
      },
    };
  });
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  const address: string | AddressInfo | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function plaintext(): Promise<ClientHttp2Session> {
  const port = await listen(createServer());
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  closing.push(() => session.destroy());
  return session;
}

test("answers unary calls, also large ones", async () => {
  const session = await plaintext();
  const large = Buffer.alloc(20_000_000, 7);
  const { status, body } = await call(session, "/test/Echo", frame(large));
  expect(status).toBe("0");
  expect(unframe(body).equals(large)).toBe(true);
});

test("says that it is healthy, and acknowledges Shutdown", async () => {
  const session = await plaintext();
  const request = goPlugin.encode("HealthCheckRequest", { service: "plugin" });
  const { body } = await call(session, HEALTH, frame(request));
  expect(goPlugin.decode("HealthCheckResponse", unframe(body)).status).toBe(HEALTH_STATUS.serving);
  expect((await call(session, "/plugin.GRPCController/Shutdown", frame(Buffer.alloc(0)))).status).toBe("0");
});

test.each([
  ["a method it does not have", "/tfplugin6.Provider/ListResource", frame(Buffer.alloc(0)), "12"],
  ["a compressed message", "/test/Echo", Buffer.from([1, 0, 0, 0, 0]), "12"],
  ["a body that is too short", "/test/Echo", Buffer.from([0, 0]), "13"],
  ["a length that lies", "/test/Echo", Buffer.from([0, 0, 0, 0, 9, 1]), "13"],
  ["what a method refuses", "/test/Fail", frame(Buffer.alloc(0)), "3"],
] as const)("answers %s with a status", async (_, path, body, status) => {
  const session = await plaintext();
  expect((await call(session, path, body)).status).toBe(status);
  expect((await call(session, "/test/Echo", frame(Buffer.from("still up")))).status).toBe("0");
});

test("error messages are percent-encoded", async () => {
  const session = await plaintext();
  expect((await call(session, "/test/Fail", frame(Buffer.alloc(0)))).message).toBe("bad: 100%25 %C3%BC");
  expect(encodeGrpcMessage("a\nb")).toBe("a%0Ab");
});

test("each connection has a state of its own, which ends with it", async () => {
  const port = await listen(createServer());
  const [one, two] = [connectHttp2(`http://127.0.0.1:${port}`), connectHttp2(`http://127.0.0.1:${port}`)];
  await call(one, "/test/Count", frame(Buffer.alloc(0)));
  expect(unframe((await call(one, "/test/Count", frame(Buffer.alloc(0)))).body)).toEqual(Buffer.from([2]));
  expect(unframe((await call(two, "/test/Count", frame(Buffer.alloc(0)))).body)).toEqual(Buffer.from([1]));
  await new Promise<void>((resolve) => one.close(resolve));
  await new Promise<void>((resolve) => two.close(resolve));
  while (!connections.every(({ closed }) => closed)) await new Promise((resolve) => setImmediate(resolve));
  expect(connections).toHaveLength(2);
});

test("go-plugin's streams stay open and silent", async () => {
  const session = await plaintext();
  const stream = session.request({ ":method": "POST", ":path": "/plugin.GRPCStdio/StreamStdio" });
  const status = await new Promise((resolve) => stream.on("response", (headers) => resolve(headers[":status"])));
  expect(status).toBe(200);
  await call(session, "/test/Echo", frame(Buffer.alloc(0)));
  expect(stream.closed).toBe(false);
  stream.close();
});

async function overTls(own: KeyedCertificate, expected: KeyedCertificate, shown: KeyedCertificate | undefined) {
  const port = await listen(createPinnedServer(own, expected.certificate.pem, createServer()));
  const credentials = shown && { cert: shown.certificate.pem, key: privateKeyPem(shown.privateKey) };
  const socket = connectTls({
    port,
    host: "127.0.0.1",
    servername: "localhost",
    ca: own.certificate.pem,
    ALPNProtocols: ["h2"],
    ...credentials,
  });
  const session = connectHttp2("https://localhost", { createConnection: () => socket });
  const failed = new Promise<never>((_, reject) => {
    session.on("error", reject);
    session.on("close", () => reject(new Error("closed")));
  });
  failed.catch(() => undefined);
  closing.push(() => session.destroy());
  const answered = call(session, "/test/Echo", frame(Buffer.from("x")));
  return Promise.race([answered, failed]);
}

test("lets in the holder of the expected certificate", async () => {
  const [own, client] = [certificate(), certificate()];
  expect((await overTls(own, client, client)).status).toBe("0");
});

test("turns away a client without a certificate, before any call", async () => {
  const outcome = await overTls(certificate(), certificate(), undefined).catch(() => ({ status: undefined }));
  expect(outcome.status).toBeUndefined();
  expect(connections).toEqual([]);
});

test("turns away a client with another certificate of the same name, before any call", async () => {
  const outcome = await overTls(certificate(), certificate(), certificate()).catch(() => ({ status: undefined }));
  expect(outcome.status).toBeUndefined();
  expect(connections).toEqual([]);
});
