import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { connect as connectTls } from "node:tls";
import { makeDevTls } from "../../server/composition/dev-certificate";
import { systemClock } from "../../server/sdk/clock";
import { systemRandom } from "../../server/sdk/random";
import { Api } from "../support/api";
import { rawConnection } from "../support/raw-http";
import { eventually, freePorts, ServerProcess } from "../support/server-process";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "meridian-process-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("options that open the memory of the process", () => {
  it.each([
    ["--inspect=127.0.0.1:0"],
    ["--heapsnapshot-signal=SIGUSR2"],
    ["--heapsnapshot-near-heap-limit=1"],
    ["--report-on-signal"],
    ["--report-uncaught-exception"],
    ["--diagnostic-dir=/tmp --heap-prof"],
    ["--trace-uncaught --require=./absent-preload.js"],
  ])("%s in NODE_OPTIONS: the server does not start", (option) => {
    const started = spawnSync(
      process.execPath,
      [resolve("server/bin/meridian-server"), "-dev", "-dev-listen-address=127.0.0.1:0"],
      {
        encoding: "utf8",
        cwd: folder,
        env: { ...process.env, NODE_OPTIONS: option.replace("./absent-preload.js", preload()) },
        input: "",
        timeout: 5_000,
      },
    );
    expect([option, started.status]).toEqual([option, 1]);
    expect(started.stderr).toMatch(/does not start with the Node option --/);
    expect(started.stdout).not.toContain("Root Token");
  });

  function preload(): string {
    const file = join(folder, "preload.cjs");
    writeFileSync(file, "");
    return file;
  }
});

describe("SIGUSR1 while the process starts", () => {
  /** Until the server answers or ends. */
  async function startWithSignalAfter(milliseconds: number) {
    const parameters = [resolve("server/bin/meridian-server"), "-dev", "-dev-listen-address=127.0.0.1:0"];
    const child = spawn(process.execPath, parameters, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const ended = once(child, "close");
    const serves = new Promise<void>((settle) => {
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => {
          output += chunk.toString("utf8");
          if (output.includes("Root Token")) settle();
        });
    });
    await new Promise((settle) => setTimeout(settle, milliseconds));
    child.kill("SIGUSR1");
    await Promise.race([ended, serves]);
    const outcome = { output, status: child.exitCode, signal: child.signalCode };
    child.kill("SIGKILL");
    await ended;
    return outcome;
  }

  it.each([10, 30, 50, 70, 90, 110, 130, 150, 200, 250])(
    "after %d ms: nobody is served beside an open inspector",
    async (delay) => {
      const { output, status, signal } = await startWithSignalAfter(delay);
      const isOpen = /Debugger listening/.test(output);
      const isServing = output.includes("Root Token");
      expect(isOpen && isServing).toBe(false);
      // Before Node itself listens the signal ends the process, and until the launcher does it is refused.
      if (!isServing && signal !== "SIGUSR1") {
        expect(status).toBe(1);
        expect(output).toContain("does not start with an open inspector");
      }
    },
  );
});

describe("signals", () => {
  let server: ServerProcess;
  let root: Api;

  beforeAll(async () => {
    server = await ServerProcess.start();
    root = server.api.with((await server.initialize()).rootToken);
    await root.must("POST", "sys/mounts/kv", { type: "kv" });
  }, 60_000);

  afterAll(async () => {
    root?.close();
    await server?.destroy();
  });

  /** Ports a process listens on, as the kernel tells it. */
  function listening(pid: number): readonly string[] {
    const sockets = new Set(
      spawnSync("ls", ["-l", `/proc/${pid}/fd`], { encoding: "utf8" })
        .stdout.match(/socket:\[\d+\]/g)
        ?.map((name) => name.slice(8, -1)),
    );
    const lines = ["tcp", "tcp6"].flatMap((kind) =>
      readFileSync(`/proc/${pid}/net/${kind}`, "utf8").split("\n").slice(1),
    );
    const columns = lines
      .map((line) => line.trim().split(/\s+/))
      .filter((line) => line[3] === "0A" && sockets.has(line[9] ?? ""));
    return columns.map((line) => String(Number.parseInt(line[1]?.split(":")[1] ?? "0", 16))).sort();
  }

  it("SIGUSR1 opens no inspector and does not end the server", async () => {
    const before = listening(server.pid);
    expect(before).toContain(String(server.port));
    server.signal("SIGUSR1");
    await new Promise((settle) => setTimeout(settle, 400));
    expect(listening(server.pid)).toEqual(before);
    expect(server.log).not.toMatch(/debugger/i);
    expect((await server.api.get("sys/health")).status).toBe(200);
  });

  it("SIGTERM: what is under way is finished, and nothing more is accepted", async () => {
    const body = JSON.stringify({ v: "x".repeat(200_000) });
    const socket = await rawConnection(server.port);
    let answer = "";
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
    });
    const head = `POST /v1/kv/late HTTP/1.1\r\nHost: a\r\nX-Vault-Token: ${root.token}\r\nContent-Length: ${body.length}\r\n\r\n`;
    socket.write(head + body.slice(0, 100));
    await new Promise((settle) => setTimeout(settle, 100));
    const stopped = server.stop("SIGTERM");
    await eventually("the port is closed", () => rawConnection(server.port).then(close, () => true));
    socket.write(body.slice(100));
    expect(await stopped).toBe(0);
    expect(answer).toMatch(/^HTTP\/1\.1 204 /);
    expect(answer.toLowerCase()).toContain("connection: close");
    socket.destroy();
  });

  function close(socket: { destroy(): void }): false {
    socket.destroy();
    return false;
  }
});

describe("SIGHUP", () => {
  it("takes the new log level", async () => {
    const server = await ServerProcess.start({ storage: "inmem" });
    const file = join(server.folder, "config.json");
    const level = (name: string): void => {
      const configuration = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
      writeFileSync(file, JSON.stringify({ ...configuration, log_level: name }));
      server.signal("SIGHUP");
    };
    const readings = (): number => server.log.split("configuration read again").length - 1;
    try {
      level("info");
      await eventually("the first reading", async () => readings() === 1);
      level("error");
      await new Promise((settle) => setTimeout(settle, 500));
      expect(readings()).toBe(1);
      level("info");
      await eventually("the third reading, the second one unsaid", async () => readings() === 2);
    } finally {
      await server.destroy();
    }
  }, 30_000);

  it("takes the new certificate, and keeps the old ones where the new ones are wrong", async () => {
    const tls = join(folder, "tls");
    const first = await makeDevTls(systemClock, systemRandom, tls);
    const port = await freePorts();
    const tlsPort = (await freePorts()) + 1;
    const files = { tls_cert_file: join(tls, "meridian-cert.pem"), tls_key_file: join(tls, "meridian-key.pem") };
    const listener = [
      { tcp: { address: `127.0.0.1:${port}`, tls_disable: true } },
      { tcp: { address: `127.0.0.1:${tlsPort}`, ...files } },
    ];
    const server = await ServerProcess.start({ storage: "inmem", port, configuration: { listener } });
    try {
      const before = await servedBy(tlsPort);
      expect(await healthOver(tlsPort, first.authorityFile)).toBe(501);
      await makeDevTls(systemClock, systemRandom, tls);
      server.signal("SIGHUP");
      await eventually("another certificate", async () => (await servedBy(tlsPort)) !== before);
      expect(await healthOver(tlsPort, join(tls, "meridian-ca.pem"))).toBe(501);
      const after = await servedBy(tlsPort);
      writeFileSync(files.tls_cert_file, "no certificate");
      server.signal("SIGHUP");
      await eventually("a line in the log", async () => server.log.includes("was not replaced"));
      expect(await servedBy(tlsPort)).toBe(after);
      expect(await healthOver(tlsPort, join(tls, "meridian-ca.pem"))).toBe(501);
    } finally {
      await server.destroy();
    }
  }, 30_000);

  async function healthOver(port: number, authority: string): Promise<number> {
    const api = new Api(`https://127.0.0.1:${port}`, undefined, authority);
    try {
      return (await api.get("sys/health")).status;
    } finally {
      api.close();
    }
  }

  /** Fingerprint of the certificate a new handshake sees; the protocol that ALPN settles on is checked on the way. */
  function servedBy(port: number): Promise<string> {
    return new Promise((settle, reject) => {
      const socket = connectTls(
        { port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"] },
        () => {
          const { fingerprint256 } = socket.getPeerCertificate();
          const { alpnProtocol } = socket;
          socket.destroy();
          if (alpnProtocol === "http/1.1") settle(fingerprint256);
          else reject(new Error(`ALPN: ${alpnProtocol}`));
        },
      );
      socket.on("error", reject);
    });
  }
});
