import { openLmdbStorage } from "../../server/storage/lmdb";
import { findLoss } from "./durability-check";

/** Programme that checks a storage which may be damaged so badly that reading it ends the process. Exit 0: nothing is lost. */
async function main(directory: string, acknowledged: Map<number, number>): Promise<void> {
  const storage = await openLmdbStorage({ directory });
  const loss = await findLoss(storage, acknowledged);
  await storage.close();
  if (loss !== undefined) throw new Error(loss);
}

const [directory = "", acknowledged = "[]"] = process.argv.slice(2);
main(directory, new Map(JSON.parse(acknowledged))).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
