import { newRecipient } from "../barrier/seal/testing/open-answer";
import { parseJson } from "../sdk/json";
import type { ResponseData } from "../sdk/outcome";
import { MemoryDisk } from "../storage/memory/disk";
import { openMemoryStorage } from "../storage/memory/index";
import { proofOf } from "./initialize";
import { openLifecycle } from "./lifecycle";
import {
  coreOf,
  initializeRequest,
  lifecycleOptions,
  listOf,
  testStaticSeal,
  unsealWith,
} from "./testing/test-lifecycle";

const client = newRecipient();
const recipient = client.publicKey;

function openAnswer(answer: ResponseData): ReadonlyMap<string, unknown> {
  const parsed = parseJson(client.open(Buffer.from(String(answer.encrypted_answer), "base64")));
  if (!(parsed instanceof Map)) throw new Error("no object");
  return parsed;
}

test("interrupted at any commit: not initialised, or the same answer is handed out again", async () => {
  const request = { ...initializeRequest("shamir"), recipient };
  let interrupted = 0;
  for (let crashAt = 1; ; crashAt++) {
    let finished = 0;
    for (const survivors of [0, 1]) {
      const disk = new MemoryDisk();
      let syncs = 0;
      const sync = async (): Promise<void> => {
        if (++syncs === crashAt) disk.crash(survivors);
      };
      const first = await openLifecycle(lifecycleOptions(await openMemoryStorage({ disk, faults: { sync } })));
      const lost = await first.initialize(request).catch(() => undefined);
      if (lost !== undefined) finished++;
      disk.crash();

      const second = await openLifecycle(lifecycleOptions(await openMemoryStorage({ disk })));
      const wasInitialized = second.isInitialized();
      if (lost === undefined) interrupted++;
      else expect(wasInitialized).toBe(true);
      const answer = await second.initialize(request);
      const again = await second.initialize(request);
      expect(again).toEqual(answer);
      if (lost !== undefined) expect(answer).toEqual(lost);
      const opened = openAnswer(answer);
      expect(opened.get("root_token")).toBe("hvs.root");
      const keys = opened.get("keys");
      if (!Array.isArray(keys)) throw new Error("no keys");
      await unsealWith(second, keys.map(String));
      expect(second.isSealed()).toBe(false);
      expect((await coreOf(second).barrier.view("core/token/", "local").get("root"))?.value.toString()).toBe(
        "hvs.root",
      );
      await second.settled();
      // What the interrupted attempt left is gone.
      expect(new Set(disk.range("g/", undefined, 1000).map(({ key }) => key.split("/")[1])).size).toBe(1);
      await expect(second.confirmInitialization(Buffer.alloc(32))).rejects.toMatchObject({ code: "permission_denied" });
      expect(await second.initialize(request)).toEqual(answer);
      await second.confirmInitialization(proofOf("hvs.root"));
      await expect(second.initialize(request)).rejects.toMatchObject({ code: "invalid_request" });
      await second.close();
    }
    if (finished === 2) break;
  }
  expect(interrupted).toBeGreaterThan(4);
});

test("another recipient, and nobody without one, gets an answer that was kept", async () => {
  const lifecycle = await openLifecycle(lifecycleOptions(await openMemoryStorage()));
  await lifecycle.initialize({ ...initializeRequest("shamir"), recipient });
  for (const other of [newRecipient().publicKey, undefined]) {
    const request = { ...initializeRequest("shamir"), recipient: other };
    await expect(lifecycle.initialize(request)).rejects.toMatchObject({ code: "invalid_request" });
  }
});

test("two initialisations at a time make one cluster", async () => {
  const lifecycle = await openLifecycle(lifecycleOptions(await openMemoryStorage()));
  const request = initializeRequest("shamir");
  const results = await Promise.allSettled([lifecycle.initialize(request), lifecycle.initialize(request)]);
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected"]);
});

test.each([
  ["no shares", { secretShares: undefined }],
  ["more needed than made", { secretThreshold: 4 }],
  ["one of several", { secretThreshold: 1 }],
  ["too many", { secretShares: 256 }],
  ["shares of the other seal", { recoveryShares: 1, recoveryThreshold: 1 }],
  ["keys that are too few", { pgpKeys: ["QQ=="] }],
  ["a recipient of low order", { recipient: Buffer.alloc(32) }],
  ["a recipient that is too short", { recipient: Buffer.alloc(31) }],
])("%s: refused, nothing stored", async (_name, change) => {
  const disk = new MemoryDisk();
  const lifecycle = await openLifecycle(lifecycleOptions(await openMemoryStorage({ disk })));
  const request = { ...initializeRequest("shamir"), ...change };
  await expect(lifecycle.initialize(request)).rejects.toMatchObject({ code: "invalid_request", status: 400 });
  expect(disk.usedBytes).toBe(0);
});

test("one share is the key itself; an automatic seal may have no recovery shares", async () => {
  const lifecycle = await openLifecycle(lifecycleOptions(await openMemoryStorage()));
  const keys = listOf(await lifecycle.initialize(initializeRequest("shamir", 1)), "keys");
  expect(keys.map((key) => key.length)).toEqual([64]);
  await unsealWith(lifecycle, keys);
  expect(lifecycle.isSealed()).toBe(false);
  const automatic = await openLifecycle(lifecycleOptions(await openMemoryStorage(), { sealKind: testStaticSeal(9) }));
  const none = { recoveryShares: undefined, recoveryThreshold: undefined };
  const answer = await automatic.initialize({ ...initializeRequest("static"), ...none });
  expect(listOf(answer, "recovery_keys")).toEqual([]);
  expect(automatic.isSealed()).toBe(false);
});

test("shares and root token for OpenPGP recipients", async () => {
  const openpgp = await import("openpgp");
  const { privateKey, publicKey } = await openpgp.generateKey({ userIDs: [{ name: "holder" }], format: "object" });
  const pgpKey = Buffer.from(publicKey.write()).toString("base64");
  const lifecycle = await openLifecycle(lifecycleOptions(await openMemoryStorage()));
  const request = { ...initializeRequest("shamir"), pgpKeys: [pgpKey, pgpKey, pgpKey], rootTokenPgpKey: pgpKey };
  const answer = await lifecycle.initialize(request);
  const decrypt = async (bytes: Buffer): Promise<string> => {
    const message = await openpgp.readMessage({ binaryMessage: new Uint8Array(bytes) });
    const { data } = await openpgp.decrypt({ message, decryptionKeys: privateKey });
    return String(data);
  };
  expect(await decrypt(Buffer.from(String(answer.root_token), "base64"))).toBe("hvs.root");
  for (const key of listOf(answer, "keys")) {
    const share = await decrypt(Buffer.from(key, "hex"));
    if (lifecycle.isSealed()) await lifecycle.unseal(share, false);
  }
  expect(lifecycle.isSealed()).toBe(false);
});
