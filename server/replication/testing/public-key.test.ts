import { createActivationKey, openSealedToken, publicKeyOf, sealBundle } from "../role/sealed-token";
import { getKey, putKey } from "./test-cluster";
import { isEqual, NO_API, TestSet, until } from "./test-set";

let set: TestSet;
beforeEach(() => {
  set = new TestSet();
});
afterEach(() => set.close());

const NOW_SECONDS = 1_000;

test("a sealed token opens with its key, in its time, unaltered", () => {
  const [key, other] = [createActivationKey(), createActivationKey()];
  const token = sealBundle(Buffer.from("bundle"), publicKeyOf(key), NOW_SECONDS + 60);
  expect(openSealedToken(token, key, NOW_SECONDS).toString()).toBe("bundle");
  expect(() => openSealedToken(token, other, NOW_SECONDS)).toThrow("not made for this cluster's public key");
  expect(() => openSealedToken(token, key, NOW_SECONDS + 60)).toThrow("has expired");
  const bytes = Buffer.from(token.slice(5), "base64url");
  for (let at = 0; at < bytes.length; at += 1) {
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(() => openSealedToken(`mrk1.${altered.toString("base64url")}`, key, NOW_SECONDS)).toThrow();
  }
  for (const cut of ["mrk1.", "mrk1.AAAA", token.slice(0, 60)])
    expect(() => openSealedToken(cut, key, NOW_SECONDS)).toThrow("was altered");
});

test.each(["", "x", Buffer.alloc(31).toString("base64"), Buffer.alloc(32).toString("base64")])(
  "%j is no public key",
  (publicKey) => {
    expect(() => sealBundle(Buffer.from("bundle"), publicKey, NOW_SECONDS)).toThrow("no public key");
  },
);

test.each(["performance", "dr"] as const)(
  "a %s secondary joins without the primary's API, once per key",
  async (mode) => {
    const [a, b] = [await set.start("a"), await set.start("b")];
    await putKey(a.core, "data/m1/k", "1");
    await a.replication.enablePrimary(mode, { primaryClusterAddress: "" });
    const publicKey = await b.replication.generatePublicKey(mode);
    const request = { id: "b", ttlSeconds: 60, creationPath: "p" };
    const token = await a.replication.issueSealedSecondaryToken(mode, request, publicKey);
    const unreachable = { ...NO_API, address: "https://nowhere:1" };
    const enable = (given: string) => b.replication.enableSecondary(mode, { token: given, api: unreachable });
    const newer = await b.replication.generatePublicKey(mode);
    await expect(enable(token)).rejects.toThrow("not made for this cluster's public key");
    await enable(await a.replication.issueSealedSecondaryToken(mode, request, newer));
    await until("b is equal", () => isEqual(a, b, mode));
    expect(await getKey(b.core, "data/m1/k")).toBe("1");
    expect(a.status(mode).known_secondaries).toEqual(["b"]);
    await expect(b.replication.updatePrimary(mode, { token, api: NO_API, addresses: [] })).rejects.toThrow(
      "call generate-public-key",
    );
  },
);
