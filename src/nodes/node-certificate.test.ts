import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureCertificate } from "./node-certificate";
import { nodeFiles } from "./node-files";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "node-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const NOW = new Date("2026-11-22T00:00:00Z");
const settings = (tlsNames: readonly string[]) => ({
  name: "dc-a",
  directory,
  address: "127.0.0.1",
  apiPort: 1,
  clusterPort: 2,
  storage: "lmdb",
  seal: "shamir",
  logLevel: "info",
  tlsNames,
  settingsJson: null,
  serverExecutable: null,
});

const leaf = async () => new X509Certificate(await readFile(nodeFiles(directory).certificate));

test("made once, kept, renewed for a new name or before its end, always by the same authority", async () => {
  const authority = await ensureCertificate(settings([]), NOW);
  const first = await leaf();
  expect(first.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(first.verify(new X509Certificate(authority).publicKey)).toBe(true);

  expect(await ensureCertificate(settings([]), NOW)).toBe(authority);
  expect((await leaf()).serialNumber).toBe(first.serialNumber);

  await ensureCertificate(settings(["secrets.example.com"]), NOW);
  const second = await leaf();
  expect(second.checkHost("secrets.example.com")).toBe("secrets.example.com");

  await ensureCertificate(settings(["secrets.example.com"]), new Date(NOW.getTime() + 380 * 86_400_000));
  const third = await leaf();
  expect(third.serialNumber).not.toBe(second.serialNumber);
  expect(third.verify(new X509Certificate(authority).publicKey)).toBe(true);
});

test("keys are for the owner only", async () => {
  await ensureCertificate(settings([]), NOW);
  const files = nodeFiles(directory);
  for (const file of [files.authorityKey, files.certificateKey]) expect((await stat(file)).mode & 0o777).toBe(0o600);
});
