/** Writes the pages that are derived from declarations of the server: its API's description and its options. */
import { mkdirSync, writeFileSync } from "node:fs";
import { referencePage } from "../../server/config/help";

mkdirSync("docs/reference", { recursive: true });
writeFileSync("docs/reference/configuration.md", referencePage());
