import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, issueMember, type KeyedCertificate } from "../cluster/certificate-authority";
import { systemClock } from "../sdk/clock";
import { systemRandom } from "../sdk/random";
import { activationApiClient } from "./activation-api-client";
import { type DevTls, makeDevTls } from "./dev-certificate";

/** Whom a new secondary believes to be its primary's API: nobody whose certificate the operator's authorities do not prove. */
const client = activationApiClient(systemClock, 500);
const NO_TRUST = { address: "", caFile: "", caPath: "", caCertificate: "" };
const setId = "11111111-2222-4333-8444-555555555555";
const servers: Server[] = [];
let tokensSeen: (string | undefined)[] = [];
let good: DevTls;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "meridian-trust-"));
  good = await makeDevTls(systemClock, systemRandom, folder);
  writeFileSync(join(folder, "authority.pem"), good.authority);
});
beforeEach(() => {
  tokensSeen = [];
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function serve(tls: { certificate: string; key: string } | undefined, answer: RequestListener): Promise<string> {
  const seen: RequestListener = (request, response) => {
    tokensSeen.push(String(request.headers["x-vault-token"]));
    answer(request, response);
  };
  const server =
    tls === undefined ? createServer(seen) : createTlsServer({ cert: tls.certificate, key: tls.key }, seen);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const bundle: RequestListener = (_request, response) => response.end('{"data":{}}');

async function withCertificate(lifetimeMilliseconds?: number): Promise<readonly [KeyedCertificate, KeyedCertificate]> {
  const authority = await createAuthority(setId, Date.now(), systemRandom);
  const request = { setId, name: "x", usage: "server", nowMilliseconds: Date.now() } as const;
  const limited = lifetimeMilliseconds === undefined ? request : { ...request, lifetimeMilliseconds };
  return [authority, await issueMember(authority, limited, systemRandom)];
}

test.each([
  ["ca_cert", () => ({ ...NO_TRUST, caCertificate: good.authority })],
  ["ca_file", () => ({ ...NO_TRUST, caFile: join(folder, "authority.pem") })],
  ["ca_path", () => ({ ...NO_TRUST, caPath: folder })],
])("an API that the authorities of %s prove is believed", async (_name, trust) => {
  const address = await serve(good, bundle);
  expect(await client.unwrap(address, "token", trust())).toEqual({ status: 200, body: Buffer.from('{"data":{}}') });
  expect(tokensSeen).toEqual(["token"]);
});

async function refused(address: string, api = NO_TRUST): Promise<string> {
  const error: unknown = await client.unwrap(address, "secret-token", api).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(error).toMatchObject({ code: "invalid_request", status: 400 });
  const text = String((error as { publicText?: unknown }).publicText);
  expect(text).not.toContain("secret-token");
  return text;
}

test("an authority that is not the system's is not believed by default", async () => {
  expect(await refused(await serve(good, bundle))).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED/);
  expect(tokensSeen).toEqual([]);
});

test("another authority than the one that was named", async () => {
  const [other] = await withCertificate();
  const api = { ...NO_TRUST, caCertificate: other.certificate };
  expect(await refused(await serve(good, bundle), api)).toMatch(/UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/);
  expect(tokensSeen).toEqual([]);
});

test("a certificate for another name", async () => {
  const [authority, member] = await withCertificate();
  const address = await serve({ certificate: member.certificate, key: member.privateKey }, bundle);
  const api = { ...NO_TRUST, caCertificate: authority.certificate };
  expect(await refused(address, api)).toContain("ERR_TLS_CERT_ALTNAME_INVALID");
  expect(tokensSeen).toEqual([]);
});

test("an expired certificate", async () => {
  const [authority, member] = await withCertificate(-1_000);
  const address = await serve({ certificate: member.certificate, key: member.privateKey }, bundle);
  expect(await refused(address, { ...NO_TRUST, caCertificate: authority.certificate })).toContain("CERT_HAS_EXPIRED");
  expect(tokensSeen).toEqual([]);
});

test("an answer that trickles in, or does not come at all, is not waited for", async () => {
  const trickle = await serve(undefined, (_request, response) => {
    const timer = setInterval(() => response.write(" "), 50);
    response.on("close", () => clearInterval(timer));
  });
  const silent = await serve(undefined, () => undefined);
  for (const address of [trickle, silent]) expect(await refused(address)).toContain("it took too long");
});

test("an endless answer is cut off", async () => {
  const address = await serve(undefined, (_request, response) => {
    const chunk = Buffer.alloc(256 * 1024);
    const more = () => response.destroyed || response.write(chunk, more);
    more();
  });
  expect(await refused(address)).toContain("too large");
});

test("a redirection is an answer, not followed", async () => {
  const target = await serve(undefined, bundle);
  const address = await serve(undefined, (_request, response) => response.writeHead(307, { Location: target }).end());
  expect((await client.unwrap(address, "token", NO_TRUST)).status).toBe(307);
  expect(tokensSeen).toEqual(["token"]);
});

test.each([
  "127.0.0.1:8200",
  "ftp://127.0.0.1",
  "http://127.0.0.1/x",
  "http://127.0.0.1?x",
  "https://a b",
  "file:///etc/passwd",
])("%s is no address of an API", async (address) => expect(await refused(address)).toContain("must be a URL"));

test.each([
  ["ca_file", { ...NO_TRUST, caFile: "/nowhere/x.pem" }],
  ["ca_path", { ...NO_TRUST, caPath: "/nowhere" }],
])("%s that cannot be read", async (field, api) => {
  expect(await refused("https://127.0.0.1:1", api)).toMatch(new RegExp(`^${field} .*cannot be read: ENOENT`));
});
