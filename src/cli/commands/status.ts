import { formatLosslessJson, type JsonValue } from "../../protocol/lossless-json";
import type { Api } from "../api";
import type { Command, ExitCode } from "../command";
import { fields } from "../json-members";
import { indentedJson, table } from "../output";
import { sealRows } from "../seal-rows";

/** Every code of sys/health is an answer: it tells the state. */
const HEALTH_CODES: readonly number[] = [429, 472, 473, 474, 501, 503, 530];

export const status: Command = {
  words: ["status"],
  summary: "Show whether the server is initialised and unsealed, and its replication roles.",
  usage: "",
  details: "  Exit code: 0 unsealed, 2 sealed, 1 error.",
  failureCode: 1,
  async run({ api, terminal, format }): Promise<ExitCode> {
    const found = await state(await api());
    terminal.out(format === "json" ? indentedJson(formatLosslessJson(found)) : table(sealRows(found)));
    return found.get("sealed") === false ? 0 : 2;
  },
};

/** sys/seal-status, with what sys/health adds to it. */
async function state(api: Api): Promise<ReadonlyMap<string, JsonValue>> {
  const seal = await api.call({ method: "GET", path: "sys/seal-status", token: null });
  const health = await api.call({ method: "GET", path: "sys/health", token: null, accept: HEALTH_CODES });
  return new Map([...fields(health.body), ...fields(seal.body)]);
}
