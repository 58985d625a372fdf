import { readdirSync } from "node:fs";
import { join } from "node:path";

const SKIPPED = new Set(["dist", "node_modules", "cdktf.out", ".gen"]);

/** All hand-written TypeScript files below a folder, sorted. */
export function globSync(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      if (SKIPPED.has(entry.name)) return [];
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return globSync(path);
      return entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts") ? [path] : [];
    })
    .sort();
}
