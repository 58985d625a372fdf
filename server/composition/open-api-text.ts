import { readFileSync } from "node:fs";
import { join } from "node:path";

let text: string | undefined;

/** The committed OpenAPI document, read when it is first asked for. */
export function openApiText(): string {
  text ??= readFileSync(join(__dirname, "..", "openapi.json"), "utf8");
  return text;
}
