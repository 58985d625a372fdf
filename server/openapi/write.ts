import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openApiText } from "./generate";

/** `node server/dist/openapi/write.js`: writes server/openapi.json. */
writeFileSync(join(__dirname, "..", "..", "openapi.json"), openApiText());
