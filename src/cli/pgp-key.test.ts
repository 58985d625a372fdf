import type { Terminal } from "./command";
import { readPgpKeys } from "./pgp-key";

const KEY = Buffer.from("c63304680000001609c0ffee", "hex");
const ARMORED = `-----BEGIN PGP PUBLIC KEY BLOCK-----\r\nVersion: X\r\n\r\n${KEY.toString("base64")}\r\n=abcd\r\n-----END PGP PUBLIC KEY BLOCK-----\r\n`;
const FILES: ReadonlyMap<string, Buffer> = new Map([
  ["binary.gpg", KEY],
  ["text.b64", Buffer.from(`${KEY.toString("base64")}\n`)],
  ["armored.asc", Buffer.from(ARMORED)],
  ["empty", Buffer.alloc(0)],
]);

const terminal: Pick<Terminal, "readFile"> = {
  readFile: async (path) => FILES.get(path) ?? Buffer.alloc(0),
};

test("a key is the same from a binary, a base64 and an armored file", async () => {
  const keys = await readPgpKeys(terminal, "binary.gpg, text.b64,@armored.asc");
  expect(keys).toEqual([KEY, KEY, KEY].map((key) => key.toString("base64")));
});

test("no files are no keys; an empty file is refused", async () => {
  expect(await readPgpKeys(terminal, undefined)).toEqual([]);
  await expect(readPgpKeys(terminal, "empty")).rejects.toThrow("empty is empty");
});
