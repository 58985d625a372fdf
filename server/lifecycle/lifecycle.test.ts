import { staticSeal } from "../barrier/seal/static";
import { systemRandom } from "../sdk/random";
import { openMemoryStorage } from "../storage/memory/index";
import { type Lifecycle, type LifecycleOptions, openLifecycle } from "./lifecycle";
import {
  initializeRequest,
  lifecycleOptions as optionsOver,
  listOf as texts,
  unsealWith as unseal,
} from "./testing/test-lifecycle";

const request = { ...initializeRequest("shamir", 5), secretThreshold: 3 };

async function readRoot(lifecycle: Lifecycle): Promise<string | undefined> {
  const value = await lifecycle.core?.barrier.view("core/token/", "local").get("root");
  return value?.value.toString();
}

test("initialise, unseal with any three of five shares, seal, unseal again after a restart", async () => {
  const storage = await openMemoryStorage();
  const lifecycle = await openLifecycle(optionsOver(storage));
  expect(lifecycle.isInitialized()).toBe(false);
  const answer = await lifecycle.initialize(request);
  expect(answer.root_token).toBe("hvs.root");
  expect(lifecycle.status()).toMatchObject({
    initialized: true,
    sealed: true,
    t: 3,
    n: 5,
    progress: 0,
    type: "shamir",
  });
  const keys = texts(answer, "keys");
  const base64 = texts(answer, "keys_base64");
  expect(new Set(keys).size).toBe(5);
  await unseal(lifecycle, [keys[0] ?? "", keys[0] ?? "", base64[4] ?? ""]);
  expect(lifecycle.status()).toMatchObject({ sealed: true, progress: 2 });
  await unseal(lifecycle, [keys[2] ?? ""]);
  expect(lifecycle.isSealed()).toBe(false);
  expect(await readRoot(lifecycle)).toBe("hvs.root");
  const id = lifecycle.identity?.id;
  await lifecycle.seal();
  expect(lifecycle.status()).toMatchObject({ sealed: true, clusterId: undefined });

  const restarted = await openLifecycle(optionsOver(storage));
  await unseal(restarted, keys.slice(2));
  expect(await readRoot(restarted)).toBe("hvs.root");
  expect(restarted.identity?.id).toBe(id);
  await restarted.close();
});

test("a wrong share is told at the threshold and starts the attempt anew", async () => {
  const lifecycle = await openLifecycle(optionsOver(await openMemoryStorage()));
  const keys = texts(await lifecycle.initialize(request), "keys");
  const wrong = `${"00".repeat(32)}07`;
  await unseal(lifecycle, [keys[0] ?? "", keys[1] ?? ""]);
  await expect(lifecycle.unseal(wrong, false)).rejects.toMatchObject({ code: "invalid_request", status: 400 });
  expect(lifecycle.status()).toMatchObject({ sealed: true, progress: 0 });
  await expect(lifecycle.unseal("zz", false)).rejects.toMatchObject({ code: "invalid_request" });
  await unseal(lifecycle, keys.slice(0, 3));
  expect(lifecycle.isSealed()).toBe(false);
  await lifecycle.close();
});

test("a static seal opens by itself, also after its key was rotated", async () => {
  const storage = await openMemoryStorage();
  const first = Buffer.alloc(32, 1);
  const seal = (): LifecycleOptions["sealKind"] =>
    staticSeal({ currentKeyId: "a", currentKey: Buffer.from(first), random: systemRandom });
  const lifecycle = await openLifecycle(optionsOver(storage, { sealKind: seal() }));
  const answer = await lifecycle.initialize({
    ...request,
    secretShares: undefined,
    secretThreshold: undefined,
    recoveryShares: 2,
    recoveryThreshold: 2,
  });
  expect(texts(answer, "recovery_keys")).toHaveLength(2);
  expect(lifecycle.isSealed()).toBe(false);
  const shares = texts(answer, "recovery_keys").map((key) => Buffer.from(key, "hex"));
  expect(lifecycle.verifyQuorum(shares)).toBe(true);
  expect(lifecycle.verifyQuorum(shares.slice(1))).toBe(false);
  await lifecycle.close();

  const rotated = staticSeal({
    currentKeyId: "b",
    currentKey: Buffer.alloc(32, 2),
    previous: { keyId: "a", key: Buffer.from(first) },
    random: systemRandom,
  });
  const second = await openLifecycle(optionsOver(storage, { sealKind: rotated }));
  expect(await second.autoUnseal()).toBe(true);
  expect(await readRoot(second)).toBe("hvs.root");
  await second.close();
  const old = await openLifecycle(optionsOver(storage, { sealKind: seal() }));
  expect(await old.autoUnseal()).toBe(false);
});
