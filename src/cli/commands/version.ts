import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "../command";

export const version: Command = {
  words: ["version"],
  summary: "Show the version of this program.",
  usage: "",
  async run({ terminal, format }) {
    const number = ownVersion();
    terminal.out(format === "json" ? `${JSON.stringify({ version: number }, null, 2)}\n` : `Meridian v${number}\n`);
    return 0;
  },
};

/** Of the package that this file was built in: `cli/commands` lies in the package or in its `dist`. */
function ownVersion(): string {
  const places = ["../..", "../../.."].map((up) => join(__dirname, up, "package.json"));
  for (const place of places.filter((path) => existsSync(path))) {
    const found: unknown = JSON.parse(readFileSync(place, "utf8"));
    if (typeof found === "object" && found !== null && "version" in found) return String(found.version);
  }
  return "unknown";
}
