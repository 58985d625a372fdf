// Run after `npm install`: `node test/support/complete-lockfile.mjs`.
//
// A registry mirror that carries one platform only makes npm drop the other platforms' optional packages from the lockfile,
// and `npm ci` then refuses that lockfile everywhere. This puts the missing entries back: name, exact version, and the
// platform that the name tells, so that npm skips them where they do not belong.
import { readFileSync, writeFileSync } from "node:fs";

const FILE = "package-lock.json";
const OPERATING_SYSTEMS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const PROCESSORS = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

/** `linux-arm64-musl` at the end of a name: what package.json of such a package says of its platform. */
function platformOf(name) {
  const words = name.split("/").at(-1).split(/[-_]/);
  const os =
    words.find((word) => OPERATING_SYSTEMS.includes(word)) ?? (words.includes("windows") ? "win32" : undefined);
  const cpu = words.find((word) => PROCESSORS.includes(word)) ?? (words.includes("armv7") ? "arm" : undefined);
  const libc = words.some((word) => word.startsWith("musl"))
    ? "musl"
    : words.some((word) => word === "gnu")
      ? "glibc"
      : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }), ...(os && { os: [os] }) };
}

const lock = JSON.parse(readFileSync(FILE, "utf8"));
const { packages } = lock;
let added = 0;
for (const entry of Object.values(packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (packages[path] !== undefined) continue;
    const version = range.replace(/^[\^~]/, "");
    packages[path] = {
      version,
      ...(entry.dev && { dev: true }),
      license: entry.license,
      optional: true,
      ...platformOf(name),
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(
  Object.entries(packages).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)),
);
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} entries added\n`);
