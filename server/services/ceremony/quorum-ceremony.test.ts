import { ServerError } from "../../sdk/errors";
import { systemRandom } from "../../sdk/random";
import type { CeremonyProduct } from "../../sdk/share-ceremony";
import { ManualClock } from "../../sdk/testing/manual-clock";
import { noLogger } from "../../sdk/testing/no-logger";
import { QuorumCeremony } from "./quorum-ceremony";

const NO_COVER = { pgpKey: "", otp: "" };
const FIRST = "aa".repeat(33);
const SECOND = "bb".repeat(33);

function ceremonyOf(product: Partial<CeremonyProduct> = {}) {
  const clock = new ManualClock();
  const made: Buffer[] = [];
  const seen: Buffer[] = [];
  const revoked: string[] = [];
  const ceremony = new QuorumCeremony(
    {
      quorum: {
        threshold: () => 2,
        parse: (text) => {
          const share = Buffer.from(text, text.length === 66 ? "hex" : "base64");
          if (share.length !== 33) throw new ServerError("invalid_request", "no share");
          seen.push(share);
          return share;
        },
        verify: (shares) => shares.map((share) => share.toString("hex")).join() === [FIRST, SECOND].join(),
      },
      pgp: {
        fingerprintOf: async () => "f1",
        encrypt: async (key, text) => {
          if (key === "expired") throw new ServerError("invalid_request", "the key has expired");
          return Buffer.from(`sealed ${text.length}`);
        },
      },
      clock,
      random: systemRandom,
      logger: noLogger,
    },
    {
      name: "test token",
      characters: 8,
      isRootToken: false,
      requireAllowed: () => undefined,
      make: async () => {
        const token = Buffer.from("hvs.made");
        made.push(token);
        return token;
      },
      revoke: async (token) => void revoked.push(token.toString()),
      ...product,
    },
  );
  return { ceremony, clock, made, seen, revoked };
}

async function finished(ceremony: QuorumCeremony, request = NO_COVER) {
  const begun = await ceremony.begin(request);
  await ceremony.provide(String(begun.nonce), FIRST);
  return { begun, done: await ceremony.provide(String(begun.nonce), SECOND) };
}

test("a quorum gets the token, hidden by the password that the first answer alone has; the bytes are zeroed", async () => {
  const { ceremony, made, seen } = ceremonyOf();
  const { begun, done } = await finished(ceremony);
  const pad = Buffer.from(String(begun.otp));
  const hidden = Buffer.from(String(done.encoded_token), "base64");
  expect(Buffer.from(hidden.map((byte, at) => byte ^ (pad[at] ?? 0))).toString()).toBe("hvs.made");
  expect(done).toMatchObject({
    started: true,
    complete: true,
    progress: 2,
    required: 2,
    otp: "",
    encoded_root_token: "",
  });
  expect(done.encoded_token).not.toMatch(/=$/);
  expect(ceremony.status(false)).toMatchObject({ started: false, nonce: "", progress: 0 });
  for (const secret of [...made, ...seen]) expect(secret.every((byte) => byte === 0)).toBe(true);
});

test("a root token stands in the field of older clients too", async () => {
  const { done } = await finished(ceremonyOf({ isRootToken: true }).ceremony);
  expect(done.encoded_root_token).toBe(done.encoded_token);
});

test("to an OpenPGP key it is encrypted, and there is no password", async () => {
  const { begun, done } = await finished(ceremonyOf().ceremony, { pgpKey: "key", otp: "" });
  expect(begun).toMatchObject({ otp: "", pgp_fingerprint: "f1" });
  expect(done).toMatchObject({ pgp_fingerprint: "f1", encoded_token: Buffer.from("sealed 8").toString("base64") });
});

test("the same share given twice counts once, and is zeroed twice", async () => {
  const { ceremony, seen } = ceremonyOf();
  const { nonce } = await ceremony.begin(NO_COVER);
  for (const share of [FIRST, FIRST.toUpperCase(), Buffer.from(FIRST, "hex").toString("base64")]) {
    expect(await ceremony.provide(String(nonce), share)).toMatchObject({ progress: 1, complete: false });
  }
  ceremony.forget();
  expect(seen).toHaveLength(3);
  for (const share of seen) expect(share.every((byte) => byte === 0)).toBe(true);
});

test("what can be no share is refused, and costs the others nothing", async () => {
  const { ceremony } = ceremonyOf();
  const { nonce } = await ceremony.begin(NO_COVER);
  await ceremony.provide(String(nonce), FIRST);
  await expect(ceremony.provide(String(nonce), SECOND.slice(2))).rejects.toThrow("no share");
  expect(ceremony.status(false)).toMatchObject({ started: true, nonce, progress: 1 });
});

test("an attempt that another one follows at once is answered for itself", async () => {
  const { ceremony } = ceremonyOf();
  const begun = await ceremony.begin(NO_COVER);
  await ceremony.provide(String(begun.nonce), FIRST);
  const finishing = ceremony.provide(String(begun.nonce), SECOND);
  const next = await ceremony.begin({ pgpKey: "key", otp: "" });
  expect(await finishing).toMatchObject({ nonce: begun.nonce, progress: 2, complete: true, pgp_fingerprint: "" });
  expect(ceremony.status(false)).toMatchObject({ nonce: next.nonce, progress: 0, pgp_fingerprint: "f1" });
});

test("shares of others end the attempt, and are forgotten", async () => {
  const { ceremony, made, seen } = ceremonyOf();
  const { nonce } = await ceremony.begin(NO_COVER);
  await ceremony.provide(String(nonce), FIRST);
  await expect(ceremony.provide(String(nonce), "cc".repeat(33))).rejects.toThrow("the attempt has ended");
  expect(ceremony.status(false)).toMatchObject({ started: false });
  expect(made).toEqual([]);
  expect(seen.every((share) => share.every((byte) => byte === 0))).toBe(true);
});

test("a token that could not be made is handed to nobody, and the next attempt begins anew", async () => {
  const { ceremony } = ceremonyOf({ make: () => Promise.reject(new ServerError("read_only")) });
  await expect(finished(ceremony)).rejects.toMatchObject({ code: "read_only" });
  expect(await ceremony.begin(NO_COVER)).toMatchObject({ started: true, progress: 0 });
});

test("a token longer than its password is not shown, but revoked", async () => {
  const { ceremony, revoked } = ceremonyOf({ make: async () => Buffer.from("hvs.made-longer") });
  await expect(finished(ceremony)).rejects.toThrow("instead of 8");
  expect(revoked).toEqual(["hvs.made-longer"]);
});

test("a token that cannot be encrypted is revoked: nobody would ever hold it", async () => {
  const { ceremony, made, revoked } = ceremonyOf();
  await expect(finished(ceremony, { pgpKey: "expired", otp: "" })).rejects.toThrow("expired");
  expect(revoked).toEqual(["hvs.made"]);
  expect(made.every((token) => token.every((byte) => byte === 0))).toBe(true);
});

test("a change of roles ends an attempt that cannot be finished any more, with its shares", async () => {
  let isAllowed = true;
  const requireAllowed = (): void => {
    if (!isAllowed) throw new ServerError("invalid_request", "not here");
  };
  const { ceremony, seen } = ceremonyOf({ requireAllowed });
  const { nonce } = await ceremony.begin(NO_COVER);
  await ceremony.provide(String(nonce), FIRST);
  ceremony.review();
  expect(ceremony.status(false)).toMatchObject({ started: true, progress: 1 });
  isAllowed = false;
  ceremony.review();
  expect(ceremony.status(false)).toMatchObject({ started: false, progress: 0 });
  expect(seen.every((share) => share.every((byte) => byte === 0))).toBe(true);
});

test("what is not allowed now takes neither an attempt nor a share", async () => {
  let isAllowed = true;
  const requireAllowed = (): void => {
    if (!isAllowed) throw new ServerError("invalid_request", "not here");
  };
  const { ceremony } = ceremonyOf({ requireAllowed });
  const { nonce } = await ceremony.begin(NO_COVER);
  isAllowed = false;
  await expect(ceremony.provide(String(nonce), FIRST)).rejects.toThrow("not here");
  ceremony.forget();
  await expect(ceremony.begin(NO_COVER)).rejects.toThrow("not here");
});

test("a stranger sees no nonce, and cancels with it only, for ten minutes", async () => {
  const { ceremony, clock } = ceremonyOf();
  const { nonce } = await ceremony.begin(NO_COVER);
  expect(ceremony.status(true)).toMatchObject({ started: true, nonce: "" });
  expect(ceremony.status(false)).toMatchObject({ started: true, nonce });
  clock.advance(599_999);
  expect(() => ceremony.cancel("", true)).toThrow("'nonce'");
  expect(() => ceremony.cancel("other", true)).toThrow("nonce");
  expect(() => ceremony.cancel("other", false)).toThrow("nonce");
  clock.advance(1);
  ceremony.cancel("", true);
  expect(ceremony.status(false)).toMatchObject({ started: false });
  const again = await ceremony.begin(NO_COVER);
  ceremony.cancel(String(again.nonce), true);
  expect(ceremony.status(false)).toMatchObject({ started: false });
  await ceremony.begin(NO_COVER);
  ceremony.cancel("", false);
  expect(ceremony.status(false)).toMatchObject({ started: false });
});

test("two who begin at once: one is refused, also while a key is read", async () => {
  const { ceremony } = ceremonyOf();
  const both = await Promise.allSettled([
    ceremony.begin({ pgpKey: "key", otp: "" }),
    ceremony.begin({ pgpKey: "key", otp: "" }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
});
