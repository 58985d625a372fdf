import type { Command } from "./command";
import { remove } from "./commands/delete";
import { kvCommands } from "./commands/kv";
import { list } from "./commands/list";
import { login } from "./commands/login";
import { operatorCommands } from "./commands/operator";
import { pathHelp } from "./commands/path-help";
import { read } from "./commands/read";
import { replicationPlan } from "./commands/replication-plan";
import { replicationStatus } from "./commands/replication-status";
import { server } from "./commands/server";
import { status } from "./commands/status";
import { version } from "./commands/version";
import { write } from "./commands/write";

/** Every command: one line each. Parsing, help and dispatch follow from it. */
export const commands: readonly Command[] = [
  server,
  status,
  login,
  read,
  write,
  list,
  remove,
  ...kvCommands,
  ...operatorCommands,
  replicationStatus,
  replicationPlan,
  pathHelp,
  version,
];
