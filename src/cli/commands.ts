import type { Command } from "./command";
import { remove } from "./commands/delete";
import { kvCommands } from "./commands/kv";
import { list } from "./commands/list";
import { login } from "./commands/login";
import { operatorCommands } from "./commands/operator";
import { read } from "./commands/read";
import { replicationStatus } from "./commands/replication-status";
import { server } from "./commands/server";
import { status } from "./commands/status";
import { write } from "./commands/write";

/** Every command: one line each. */
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
];
