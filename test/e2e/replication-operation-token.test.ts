import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Api, ApiAnswer } from "../support/api";
import { heldCeremony, uncovered } from "../support/ceremony";
import { ReplicationSet } from "../support/replication-set";
import { eventually } from "../support/server-process";

/** DR operation tokens: by ceremony with one-time password and OpenPGP, as batch and as service token, before and after. */
const CEREMONY = "sys/replication/dr/secondary/generate-operation-token";

let set: ReplicationSet;
let operator: Api;
const secrets: string[] = [];

beforeAll(async () => {
  set = await ReplicationSet.start();
  operator = set.servers.d.api.with(await set.operationToken());
}, 90_000);

afterAll(() => set?.destroy());

function use(call: string, token: string): Promise<ApiAnswer> {
  return set.servers.d.api.post(`sys/replication/dr/secondary/${call}`, { dr_operation_token: token });
}

async function begin(body: Record<string, unknown>): Promise<Record<string, unknown>> {
  return await operator.must("POST", `${CEREMONY}/attempt`, body);
}

/** Gives two of the three shares. @returns the last answer */
async function giveShares(nonce: unknown): Promise<Record<string, unknown>> {
  const [first, second] = set.shares;
  await operator.must("POST", `${CEREMONY}/update`, { key: first, nonce });
  return await operator.must("PUT", `${CEREMONY}/update`, { key: second, nonce });
}

async function expectWorksUntilDeleted(token: string): Promise<void> {
  secrets.push(token);
  expect((await use("recover", token)).body.warnings).toHaveLength(1);
  expect((await use("operation-token/delete", token)).status).toBe(204);
  expect((await use("recover", token)).status).toBe(403);
}

describe("by ceremony", () => {
  it("hides the token with the password that the server made", async () => {
    const begun = await begin({});
    secrets.push(String(begun.otp));
    expect(begun).toMatchObject({ started: true, progress: 0, required: 2, complete: false, pgp_fingerprint: "" });
    const done = await giveShares(begun.nonce);
    expect(done).toMatchObject({ complete: true, progress: 2, otp: "", encoded_root_token: "" });
    await expectWorksUntilDeleted(uncovered(done.encoded_token, String(begun.otp)));
  });

  it("hides it with the client's own password, of exactly the length it asks for", async () => {
    const length = Number((await operator.must("GET", `${CEREMONY}/attempt`)).otp_length);
    const otp = randomBytes(length).toString("hex").slice(0, length);
    secrets.push(otp);
    expect((await operator.post(`${CEREMONY}/attempt`, { otp: otp.slice(1) })).body.errors?.[0]).toContain("otp");
    const begun = await begin({ otp });
    expect(begun).toMatchObject({ started: true, otp: "", otp_length: length });
    await expectWorksUntilDeleted(uncovered((await giveShares(begun.nonce)).encoded_token, otp));
  });

  it("encrypts it to an OpenPGP key and shows its fingerprint all the way", async () => {
    const openpgp = await import("openpgp");
    const { privateKey, publicKey } = await openpgp.generateKey({ userIDs: [{ name: "op" }], format: "object" });
    const begun = await begin({ pgp_key: Buffer.from(publicKey.write()).toString("base64") });
    const fingerprint = publicKey.getFingerprint();
    expect(begun).toMatchObject({ otp: "", pgp_fingerprint: fingerprint });
    expect((await operator.get(`${CEREMONY}/attempt`)).body).toMatchObject({ pgp_fingerprint: fingerprint });
    const done = await giveShares(begun.nonce);
    expect(done).toMatchObject({ complete: true, pgp_fingerprint: fingerprint });
    const message = await openpgp.readMessage({ binaryMessage: Buffer.from(String(done.encoded_token), "base64") });
    const { data } = await openpgp.decrypt({ message, decryptionKeys: privateKey });
    await expectWorksUntilDeleted(String(data));
  });

  const gpg = hasGpg() ? it : it.skip;
  gpg(
    "makes a message that GnuPG opens",
    async () => {
      const home = mkdtempSync(join(tmpdir(), "meridian-gpg-"));
      const run = (...args: string[]) =>
        execFileSync(
          "gpg",
          ["--homedir", home, "--batch", "--quiet", "--pinentry-mode=loopback", "--passphrase=", ...args],
          {
            stdio: ["ignore", "pipe", "pipe"],
          },
        );
      try {
        run("--quick-generate-key", "op@example.org", "future-default", "default", "1d");
        const begun = await begin({ pgp_key: run("--export", "op@example.org").toString("base64") });
        const listed = run("--list-keys", "--with-colons", "op@example.org").toString();
        expect(listed.toLowerCase()).toContain(`fpr:::::::::${String(begun.pgp_fingerprint)}`);
        const file = join(home, "message");
        writeFileSync(file, Buffer.from(String((await giveShares(begun.nonce)).encoded_token), "base64"));
        await expectWorksUntilDeleted(run("--decrypt", file).toString());
      } finally {
        execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
        rmSync(home, { recursive: true, force: true });
      }
    },
    30_000,
  );

  it.each([
    ["a key that is none", { pgp_key: "bm9uc2Vuc2U=" }],
    ["a key that is no base64", { pgp_key: "!!!" }],
    ["a key and a password", { pgp_key: "bm9uc2Vuc2U=", otp: "x".repeat(28) }],
    ["a key that is too long", { pgp_key: "A".repeat(100_000) }],
  ])("refuses %s, and no attempt is under way", async (_name, body) => {
    const answer = await operator.post(`${CEREMONY}/attempt`, body);
    expect([answer.status, answer.body.errors?.length]).toEqual([400, 1]);
    expect((await operator.get(`${CEREMONY}/attempt`)).body).toMatchObject({ started: false });
  });

  it("can be cancelled, and shares given to what was cancelled count for nothing", async () => {
    const begun = await begin({});
    await operator.must("POST", `${CEREMONY}/update`, { key: set.shares[0], nonce: begun.nonce });
    expect((await operator.delete(`${CEREMONY}/attempt`)).status).toBe(204);
    const late = await operator.post(`${CEREMONY}/update`, { key: set.shares[1], nonce: begun.nonce });
    expect(late.status).toBe(400);
    const again = await begin({});
    expect(again.nonce).not.toBe(begun.nonce);
    expect(again.progress).toBe(0);
    await operator.delete(`${CEREMONY}/attempt`);
  });

  it("is how a promotion's progress is read", async () => {
    const begun = await begin({});
    await operator.must("POST", `${CEREMONY}/update`, { key: set.shares[2], nonce: begun.nonce });
    const progress = { progress: 1, required: 2, complete: false };
    for (const api of [operator, set.servers.d.api]) {
      expect((await api.must("GET", "sys/replication/dr/secondary/promote")).data).toEqual(progress);
    }
    await operator.delete(`${CEREMONY}/attempt`);
  });

  it.each([
    ["GET", "attempt"],
    ["POST", "attempt"],
    ["DELETE", "attempt"],
    ["POST", "update"],
  ])("is not for strangers: %s %s", async (method, path) => {
    const body = method === "POST" ? { key: "x", nonce: "x" } : undefined;
    expect((await set.servers.d.api.send(method, `${CEREMONY}/${path}`, body)).status).toBe(403);
  });

  it("is only on a DR secondary", async () => {
    expect((await set.root.post(`${CEREMONY}/attempt`)).body.errors).toEqual(["this cluster is not a DR secondary"]);
  });
});

it("help on a DR secondary is help, whatever the path, and runs nothing on the primary", async () => {
  const onSecondary = set.servers.d.api.with(set.root.token ?? "");
  for (const path of [
    "sys/policies/acl/dr-operator",
    "auth/userpass/users/ops",
    "sys/replication/dr/secondary/promote",
  ]) {
    const answer = await onSecondary.get(`${path}?help=1`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ help: expect.any(String), see_also: [], openapi: expect.anything() });
    expect(answer.text).not.toContain("capabilities =");
  }
  expect((await set.servers.d.api.get("sys/policies/acl/dr-operator?help=1")).status).toBe(403);
});

describe("tokens of the primary", () => {
  it("a batch token opens what its policy names, and nothing else", async () => {
    const token = await set.operationToken("only-promote");
    expect((await use("recover", token)).status).toBe(403);
    expect((await use("recover", await set.operationToken())).status).toBe(200);
  });

  it("are not revoked here, and whoever tries is told", async () => {
    const token = await set.operationToken();
    const answer = await use("operation-token/delete", token);
    expect([answer.status, answer.body.warnings]).toEqual([200, [expect.stringContaining("still valid")]]);
    expect((await use("recover", token)).status).toBe(200);
  });

  it("an expired one opens nothing", async () => {
    const token = await set.operationToken("dr-operator", "1s");
    await new Promise((settle) => setTimeout(settle, 1_200));
    expect((await use("recover", token)).status).toBe(403);
  });

  it("one that was altered, or is none, opens nothing", async () => {
    const token = await set.operationToken();
    const altered = `${token.slice(0, -2)}${token.endsWith("A") ? "B" : "A"}${token.slice(-1)}`;
    for (const bad of [altered, "hvb.AAAA", "hvs.nothing", "x".repeat(8_000), "\u0000"])
      expect((await use("recover", bad)).status).toBe(403);
    expect((await use("recover", "")).status).toBe(400);
  });

  it("a service token counts until it is revoked, on the secondary too", async () => {
    const made = await set.root.must("POST", "auth/token/create", { policies: ["dr-operator"], no_parent: true });
    const token = String(made.auth?.client_token);
    await set.caughtUp("d");
    expect((await use("recover", token)).status).toBe(200);
    await set.root.must("POST", "auth/token/revoke", { token });
    await set.caughtUp("d");
    expect((await use("recover", token)).status).toBe(403);
  });
});

it("nothing secret of all this stands in clear in the audit trail or the log of the secondary", async () => {
  const trail = readFileSync(set.auditFile("d"), "utf8");
  expect(trail).toContain(`"path":"${CEREMONY}/update"`);
  expect(trail).toContain('"otp":"hmac-sha256:');
  expect(trail).toContain('"encoded_token":"hmac-sha256:');
  expect(trail).toContain('"dr_operation_token":"hmac-sha256:');
  expect(secrets.length).toBeGreaterThanOrEqual(6);
  for (const secret of [...secrets, ...set.shares, operator.token ?? ""]) {
    expect(trail).not.toContain(secret);
    expect(set.servers.d.log).not.toContain(secret);
  }
});

it("after a promotion the batch token of before opens the old primary, which is a secondary now, and the promoted one nothing", async () => {
  const token = await set.operationToken();
  const doomed = await set.operationToken("dr-operator", "4s");
  const { token: ceremonyToken } = await heldCeremony(operator, CEREMONY, set.shares.slice(0, 2));
  await set.root.must("POST", "sys/replication/dr/primary/demote", { target: "d" });
  const { a, d } = set.servers;
  const onA = (call: string, given: string) =>
    a.api.post(`sys/replication/dr/secondary/${call}`, { dr_operation_token: given });
  expect((await onA("recover", token)).status).toBe(200);
  expect((await onA("recover", ceremonyToken)).status).toBe(403);
  const wrong = await use("promote", "hvb.wrong");
  expect(wrong.status).toBe(403);
  const promoted = await eventually("the promotion", async () => {
    const answer = await use("promote", ceremonyToken);
    return answer.status === 200 && answer;
  });
  expect(promoted.body.warnings).toHaveLength(1);
  expect(promoted.body.data).toBeNull();
  for (const given of [token, ceremonyToken]) {
    const answer = await use("recover", given);
    expect([answer.status, answer.body.errors]).toEqual([400, ["this cluster is not a DR secondary"]]);
  }
  expect((await d.api.with(ceremonyToken).get("auth/token/lookup-self")).status).toBe(403);
  await new Promise((settle) => setTimeout(settle, 4_100));
  expect((await onA("recover", doomed)).status).toBe(403);
  expect((await onA("recover", token)).status).toBe(200);
}, 60_000);

function hasGpg(): boolean {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, "gpg")));
}
