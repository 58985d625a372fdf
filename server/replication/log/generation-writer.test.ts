import { takeSecretKey } from "../../sdk/crypto";
import type { AppendOperation } from "../../sdk/log";
import type { Storage } from "../../sdk/storage";
import { openMemoryStorage } from "../../storage/memory/index";
import { GenerationWriter } from "./generation-writer";

const PROGRESS = Buffer.from("here");

function putOf(key: string): AppendOperation {
  return { class: "replicated", key: `data/m1/${key}`, value: Buffer.alloc(60, key) };
}

async function openOn(storage: Storage): Promise<GenerationWriter> {
  const keys = { index: takeSecretKey(Buffer.alloc(32, 1)), record: takeSecretKey(Buffer.alloc(32, 2)) };
  return GenerationWriter.open({ storage, generation: "00000001", clusterId: "c", keys });
}

test("goes on from what is stored after a disk failed a commit, and was not to be read then either", async () => {
  let disk: "works" | "fails the next commit" | "is away" = "works";
  const fail = (operation: string): Error | undefined => {
    if (operation === "commit" && disk === "fails the next commit") disk = "is away";
    return disk === "is away" ? new Error("the disk is away") : undefined;
  };
  const failing = await openMemoryStorage({ faults: { fail } });
  const [writer, flawless] = [await openOn(failing), await openOn(await openMemoryStorage())];
  for (const one of [writer, flawless]) await one.write([putOf("a")], PROGRESS);
  disk = "fails the next commit";
  await expect(writer.write([putOf("b")], PROGRESS)).rejects.toThrow("the disk is away");
  disk = "works";
  for (const one of [writer, flawless]) await one.write([putOf("b"), putOf("c")], PROGRESS);
  expect(writer.state.checksums).toEqual(flawless.state.checksums);
  expect((await openOn(failing)).state).toEqual(flawless.state);
});
