import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** All regular files below a folder. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

/** A text as it may lie somewhere: plain, in hex, in the three alignments of base64. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, "utf8");
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    // Without the characters that depend on what stands before and after.
    return text.slice(Math.ceil((shift * 8) / 6) + (shift === 0 ? 0 : 1), -4);
  });
  return [secret, bytes.toString("hex"), ...base64];
}

/** Where secrets lie in the clear: `place: secret's name`, empty when nowhere. */
export function leaks(places: ReadonlyMap<string, Buffer>, secrets: ReadonlyMap<string, string>): readonly string[] {
  const found: string[] = [];
  for (const [name, secret] of secrets) {
    if (secret.length < 8) throw new Error(`"${name}" is too short to be searched for`);
    for (const text of spellings(secret)) {
      for (const [place, bytes] of places) if (bytes.includes(text)) found.push(`${place}: ${name}`);
    }
  }
  return [...new Set(found)];
}

export function placesBelow(folder: string): ReadonlyMap<string, Buffer> {
  return new Map(filesBelow(folder).map((path) => [path, readFileSync(path)]));
}

/** Modes of everything below a folder, itself included: path -> octal digits. */
export function modesBelow(folder: string): ReadonlyMap<string, string> {
  const modes = new Map([[folder, modeOf(folder)]]);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) for (const [inner, mode] of modesBelow(path)) modes.set(inner, mode);
    else modes.set(path, modeOf(path));
  }
  return modes;
}

function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o777).toString(8);
}
