import { textAt, textsAt } from "../../client/json";
import { parseLosslessJson } from "../../protocol/lossless-json";
import { type Command, numberFlag, UsageError } from "../command";
import { indentedJson, rowsOf, table } from "../output";

const init: Command = {
  words: ["operator", "init"],
  summary: "Initialise a new server. Prints the unseal shares and the root token once.",
  usage: "",
  flags: [
    { name: "key-shares", kind: "number", description: "Into how many shares the unseal key is split (5)." },
    { name: "key-threshold", kind: "number", description: "How many of them unseal (3)." },
    {
      name: "recovery-shares",
      kind: "number",
      description: "For a server that unseals itself: shares of the recovery key.",
    },
    { name: "recovery-threshold", kind: "number", description: "How many of those are needed." },
  ],
  async run({ client, terminal, format, flags }) {
    const api = await client();
    const seal = await api.get("sys/seal-status", { token: null });
    const isAutomatic = (textAt(seal?.body, "type") ?? "shamir") !== "shamir";
    const [prefix, sharesFlag, thresholdFlag] = isAutomatic
      ? ["recovery", "recovery-shares", "recovery-threshold"]
      : ["secret", "key-shares", "key-threshold"];
    const shares = numberFlag(flags, sharesFlag) ?? 5;
    const threshold = numberFlag(flags, thresholdFlag) ?? Math.min(3, shares);
    const body = { [`${prefix}_shares`]: shares, [`${prefix}_threshold`]: threshold };
    const answer = await api.post("sys/init", body, { token: null });
    if (format === "json") {
      terminal.out(indentedJson(answer.text));
      return 0;
    }
    const name = isAutomatic ? "Recovery Key" : "Unseal Key";
    const keys = textsAt(answer.body, isAutomatic ? "recovery_keys_base64" : "keys_base64");
    for (const [index, key] of keys.entries()) terminal.out(`${name} ${index + 1}: ${key}\n`);
    terminal.out(`\nInitial Root Token: ${textAt(answer.body, "root_token") ?? ""}\n\n`);
    terminal.out(
      `Keep them apart and safe: ${threshold} of ${shares} shares are needed, and they are not shown again.\n`,
    );
    return 0;
  },
};

const unseal: Command = {
  words: ["operator", "unseal"],
  summary: "Give one share of the unseal key.",
  usage: "[SHARE | -]",
  details: "  Without a share it is asked for, so that it stays out of the shell's history.",
  flags: [{ name: "reset", kind: "switch", description: "Forget the shares that were given so far." }],
  async run({ client, terminal, format, flags, positional }) {
    const [given, ...more] = positional;
    if (more.length > 0) throw new UsageError("give one share at a time");
    const isReset = flags.has("reset");
    const asked = given === "-" ? await terminal.readInput() : given;
    const key = isReset ? undefined : (asked ?? (await terminal.readSecret("Unseal share (will be hidden): "))).trim();
    const body = key === undefined ? { reset: true } : { key };
    const answer = await (await client()).post("sys/unseal", body, {
      token: null,
      secrets: key === undefined ? [] : [key],
    });
    terminal.out(format === "json" ? indentedJson(answer.text) : table(rowsOf(parseLosslessJson(answer.text))));
    return 0;
  },
};

const seal: Command = {
  words: ["operator", "seal"],
  summary: "Seal the server: it forgets its keys and serves nothing until it is unsealed.",
  usage: "",
  async run({ client, terminal, format }) {
    await (await client()).post("sys/seal");
    terminal.out(format === "json" ? "{}\n" : "Success! The server is sealed.\n");
    return 0;
  },
};

export const operatorCommands: readonly Command[] = [init, unseal, seal];
