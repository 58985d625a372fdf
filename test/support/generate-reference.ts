/** Writes what is derived from declarations of the server: its API's description and the pages of its options and metrics. */
import { mkdirSync, writeFileSync } from "node:fs";
import { metricsPage } from "../../server/composition/metrics-page";
import { referencePage } from "../../server/config/help";
import { openApiText } from "../../server/openapi/generate";

writeFileSync("server/openapi.json", openApiText());
mkdirSync("docs/reference", { recursive: true });
writeFileSync("docs/reference/configuration.md", referencePage());
writeFileSync("docs/reference/metrics.md", metricsPage());
