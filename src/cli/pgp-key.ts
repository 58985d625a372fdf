import { type Terminal, UsageError } from "./command";

const ARMOR = /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([\s\S]*?)-----END PGP PUBLIC KEY BLOCK-----/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Public keys from files, as the API takes them: base64 of the binary key. Files are armored (RFC 9580, 6.2), binary or base64. */
export async function readPgpKeys(
  terminal: Pick<Terminal, "readFile">,
  files: string | undefined,
): Promise<readonly string[]> {
  const paths = (files ?? "")
    .split(",")
    .map((path) => path.trim().replace(/^@/, ""))
    .filter((path) => path !== "");
  return Promise.all(paths.map(async (path) => asBase64(path, await terminal.readFile(path))));
}

function asBase64(path: string, bytes: Buffer): string {
  if (bytes.length === 0) throw new UsageError(`${path} is empty`);
  const text = bytes.toString("latin1");
  const armored = ARMOR.exec(text)?.[1];
  if (armored !== undefined) return armoredBody(path, armored);
  const compact = text.replace(/\s+/g, "");
  return BASE64.test(compact) ? compact : bytes.toString("base64");
}

/** Headers end with an empty line; the last line may be a checksum. */
function armoredBody(path: string, armored: string): string {
  const lines = armored.split(/\r?\n/);
  const body = lines.slice(lines.findIndex((line) => line.trim() === "") + 1);
  const base64 = body
    .filter((line) => !line.startsWith("="))
    .join("")
    .replace(/\s+/g, "");
  if (BASE64.test(base64)) return base64;
  throw new UsageError(`${path} holds no armored PGP public key`);
}
