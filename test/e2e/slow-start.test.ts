import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server } from "../../server/composition/server";
import { settleConfiguration } from "../../server/config/settle";
import type { Logger } from "../../server/sdk/logger";
import { systemRandom } from "../../server/sdk/random";
import { ManualClock } from "../../server/sdk/testing/manual-clock";
import type { Transport, TransportListener } from "../../server/sdk/transport";
import { MetricsRegistry } from "../../server/services/metrics/metrics-registry";
import { freePorts, ServerProcess } from "../support/server-process";

const folder = mkdtempSync(join(tmpdir(), "meridian-slow-start-"));
const sealKey = randomBytes(32).toString("base64");
let port = 0;

beforeAll(async () => {
  port = await freePorts();
  const server = await ServerProcess.start({ folder, port, sealKey });
  try {
    const { rootToken } = await server.initialize();
    await server.api.must("POST", "sys/replication/performance/primary/enable", {}, { token: rootToken });
  } finally {
    await server.destroy();
  }
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A cluster port of which one thing hangs until it is released. */
class HangingPort implements Transport {
  readonly hangs: Promise<void>;
  private reached: () => void = () => undefined;
  private readonly released: Promise<void>;
  release: () => void = () => undefined;

  constructor(private readonly what: "opening" | "closing") {
    this.hangs = new Promise((resolve) => {
      this.reached = resolve;
    });
    this.released = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  async listen(host: string, listenPort: number): Promise<TransportListener> {
    await this.step("opening");
    return { host, port: listenPort, close: () => this.step("closing") };
  }

  dial(): Promise<never> {
    return Promise.reject(new Error("nobody is there"));
  }

  private async step(what: "opening" | "closing"): Promise<void> {
    if (what !== this.what) return;
    this.reached();
    await this.released;
  }
}

/** Starts a server on the primary's data in this process. */
async function startWith(transport: Transport, clock: ManualClock, warnings: unknown[]): Promise<Server> {
  const logger: Logger = {
    log: (level, message, facts) => void (level === "warn" && warnings.push([message, facts])),
    named: () => logger,
  };
  const configuration = await settleConfiguration(
    {
      listener: [{ tcp: { address: `127.0.0.1:${port}`, tls_disable: true } }],
      storage: { lmdb: { path: join(folder, "data") } },
      seal: { static: { current_key_id: "test", current_key: sealKey } },
    },
    "test",
  );
  const metrics = new MetricsRegistry(clock);
  const build = { version: "0.0.0", buildDate: "2026-01-01T00:00:00Z" };
  return Server.start({
    environment: { configuration, clock, random: systemRandom, logger, metrics, transport, ...build },
  });
}

const waited = (step: string, seconds: number) => ["this takes long and is still waited for", { step, seconds }];
const ended = (step: string, seconds: number) => ["what took long has ended", { step, seconds }];

test("a start that does not come to its end says what it waits for", async () => {
  const [clock, warnings, transport] = [new ManualClock(), [] as unknown[], new HangingPort("opening")];
  const starting = startWith(transport, clock, warnings);
  try {
    await transport.hangs;
    expect(warnings).toEqual([]);
    clock.advance(10_000);
    expect(warnings).toEqual([waited("take up replication", 10)]);
    clock.advance(5_000);
  } finally {
    transport.release();
    await (await starting).stop();
  }
  expect(warnings).toEqual([waited("take up replication", 10), ended("take up replication", 15)]);
});

test("a start that failed says why, also while it cannot stop what it had started", async () => {
  const rival = createServer().listen(port, "127.0.0.1");
  await once(rival, "listening");
  const [clock, warnings, transport] = [new ManualClock(), [] as unknown[], new HangingPort("closing")];
  const failing = expect(startWith(transport, clock, warnings)).rejects.toThrow("the address is in use");
  try {
    await transport.hangs;
    clock.advance(10_000);
  } finally {
    transport.release();
    await failing;
    await new Promise((settle) => rival.close(settle));
  }
  const reason = `cannot listen on 127.0.0.1:${port}: the address is in use`;
  const step = `stop, since the start failed: ${reason}`;
  expect(warnings).toEqual([waited(step, 10), ended(step, 10)]);
});
