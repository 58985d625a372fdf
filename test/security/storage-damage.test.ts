import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newRecipient } from "../../server/barrier/seal/testing/open-answer";
import type { Api } from "../support/api";
import { limitFileSize } from "../support/process-limits";
import { eventually, ServerProcess } from "../support/server-process";

jest.setTimeout(60_000);

/** base64 of 32 bytes: the server opens itself after each start. */
const SEAL_KEY = Buffer.alloc(32, 6).toString("base64");

async function withKv(server: ServerProcess): Promise<Api> {
  const root = server.api.with((await server.initialize()).rootToken);
  await root.must("POST", "sys/mounts/kv", { type: "kv" });
  return root;
}

describe("a flipped bit in the data file", () => {
  const KEY = "the-key-that-is-damaged";
  const VALUE = "the value nobody may see changed";

  let server: ServerProcess;
  let root: Api;
  let intact: Buffer;

  beforeAll(async () => {
    server = await ServerProcess.start({ sealKey: SEAL_KEY });
    root = await withKv(server);
    await root.must("POST", `kv/${KEY}`, { value: VALUE });
    await root.must("POST", "kv/another", { value: VALUE });
    await server.stop("SIGTERM");
    intact = readFileSync(join(server.folder, "data", "data.mdb"));
  }, 60_000);

  afterAll(async () => {
    root?.close();
    await server?.destroy();
  });

  /** Where the key's name stands in the file: its record, copies of older pages, the log. */
  function places(): readonly number[] {
    const found: number[] = [];
    for (let at = intact.indexOf(KEY); at !== -1; at = intact.indexOf(KEY, at + 1)) found.push(at + KEY.length);
    return found;
  }

  /** Starts on a file in which one bit behind the key is another one, and reads the key. */
  async function readAfterFlip(
    at: number,
  ): Promise<{ readonly status: number; readonly text: string; readonly log: string }> {
    const damaged = Buffer.from(intact);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    writeFileSync(join(server.folder, "data", "data.mdb"), damaged);
    server.log = "";
    await server.boot();
    const answer = await root.get(`kv/${KEY}`);
    const other = await root.get("kv/another");
    if (answer.status === 500) expect([other.status, other.body.data]).toEqual([200, { value: VALUE }]);
    const seen = { status: answer.status, text: answer.text, log: server.log };
    await server.stop("SIGKILL");
    return seen;
  }

  it("is refused with the key's path and never served, wherever it lies in the ciphertext", async () => {
    expect(places().length).toBeGreaterThan(0);
    const refused: number[] = [];
    for (const place of places()) {
      for (const offset of [24, 60]) {
        const { status, text, log } = await readAfterFlip(place + offset);
        if (status === 200) {
          // A page that is not in use any more, or the log's copy: the value itself is whole.
          expect(text).toContain(VALUE);
          continue;
        }
        expect([status, text.includes("corrupt"), text.includes(VALUE.slice(0, 12))]).toEqual([500, true, false]);
        expect(log).toContain(KEY);
        refused.push(place);
      }
    }
    expect(refused.length).toBeGreaterThanOrEqual(2);
  }, 60_000);

  it("is whole again with the whole file", async () => {
    writeFileSync(join(server.folder, "data", "data.mdb"), intact);
    await server.boot();
    expect((await root.get(`kv/${KEY}`)).body.data).toEqual({ value: VALUE });
  });
});

describe("a full disk", () => {
  it("the write is refused, the server stays up and readable, and writes again when there is room", async () => {
    const server = await ServerProcess.start({ sealKey: SEAL_KEY });
    try {
      const root = await withKv(server);
      await root.must("POST", "kv/before", { v: 1 });
      limitFileSize(server.pid, statSync(join(server.folder, "data", "data.mdb")).size + 1024 * 1024);
      const refused = await writeUntilRefused(root);
      expect([refused.status, refused.text]).toEqual([507, expect.stringContaining("storage is full")]);
      for (const path of ["kv/before", "kv/filler-0", "sys/mounts", "auth/token/lookup-self"]) {
        expect([path, (await root.get(path)).status]).toEqual([path, 200]);
      }
      expect((await server.api.get("sys/health")).status).toBe(200);
      expect((await root.get(`kv/filler-${refused.at}`)).status).toBe(404);
      limitFileSize(server.pid, "unlimited");
      await eventually("a write", async () => (await root.post("kv/after", { v: 2 })).status === 204);
      await server.stop("SIGKILL");
      await server.boot();
      expect((await root.get("kv/after")).body.data).toEqual({ v: 2 });
      for (let at = 0; at < refused.at; at += 1) expect((await root.get(`kv/filler-${at}`)).status).toBe(200);
      root.close();
    } finally {
      await server.destroy();
    }
  }, 60_000);

  async function writeUntilRefused(
    root: Api,
  ): Promise<{ readonly status: number; readonly text: string; readonly at: number }> {
    for (let at = 0; at < 200; at += 1) {
      const answer = await root.post(`kv/filler-${at}`, { filler: "x".repeat(50_000) });
      if (answer.status !== 204) return { status: answer.status, text: answer.text, at };
    }
    throw new Error("no write was refused");
  }
});

describe("init interrupted before its answer was saved", () => {
  it.each([0, 10, 40])("killed %i ms after the request: nothing is lost", async (milliseconds) => {
    const recipient = newRecipient();
    const server = await ServerProcess.start();
    try {
      const body = { secret_shares: 1, secret_threshold: 1, recipient: recipient.publicKey.toString("base64") };
      const lost = server.api.send("PUT", "sys/init", body).catch(() => undefined);
      await new Promise((settle) => setTimeout(settle, milliseconds));
      await server.stop("SIGKILL");
      await lost;
      await server.boot();
      const again = await server.api.must("PUT", "sys/init", body);
      const opened = recipient.open(Buffer.from(String(again.encrypted_answer), "base64")).toString("utf8");
      const answer = JSON.parse(opened) as { readonly keys_base64: string[]; readonly root_token: string };
      await server.unseal(answer.keys_base64);
      expect((await server.api.get("auth/token/lookup-self", { token: answer.root_token })).status).toBe(200);
      const proof = (token: string): string => createHash("sha256").update(token).digest("base64");
      expect((await server.api.send("PUT", "sys/init/confirm", { proof: proof("hvs.guessed") })).status).toBe(403);
      expect((await server.api.send("PUT", "sys/init", body)).status).toBe(200);
      await server.api.must("PUT", "sys/init/confirm", { proof: proof(answer.root_token) });
      expect((await server.api.send("PUT", "sys/init", body)).status).toBe(400);
    } finally {
      await server.destroy();
    }
  });

  it("the kept answer is for its recipient only", async () => {
    const server = await ServerProcess.start();
    try {
      const recipients = [newRecipient(), newRecipient()];
      const bodies = recipients.map(({ publicKey }) => ({
        secret_shares: 1,
        secret_threshold: 1,
        recipient: publicKey.toString("base64"),
      }));
      await server.api.must("PUT", "sys/init", bodies[0]);
      expect((await server.api.send("PUT", "sys/init", bodies[1])).status).toBe(400);
      expect((await server.api.send("PUT", "sys/init", { secret_shares: 1, secret_threshold: 1 })).status).toBe(400);
      expect((await server.api.send("PUT", "sys/init", bodies[0])).status).toBe(200);
    } finally {
      await server.destroy();
    }
  });
});
