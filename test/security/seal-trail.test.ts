import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ServerProcess } from "../support/server-process";

/** What the seal does to requests beside it: none is answered without its place in the audit trail. */
let server: ServerProcess;
afterEach(() => server.destroy());

interface Line {
  readonly type: string;
  readonly request: { readonly id: string; readonly path: string };
}

it("sealing is in the trail, and every answer that got out beside it too", async () => {
  server = await ServerProcess.start();
  const { rootToken, keys } = await server.initialize();
  const root = server.api.with(rootToken);
  const file = join(server.folder, "audit.log");
  await root.must("POST", "sys/audit/file", { type: "file", options: { file_path: file } });
  await root.must("POST", "sys/mounts/kv", { type: "kv", options: { version: "2" } });
  const answered: string[] = [];
  const writers = Array.from({ length: 16 }, async (_, writer) => {
    for (let n = 0; n < 200; n += 1) {
      const answer = await root.post(`kv/data/w${writer}-${n}`, { data: { n } });
      if (answer.status === 503) return;
      expect(answer.status).toBe(200);
      answered.push(`kv/data/w${writer}-${n}`);
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect((await root.post("sys/seal", {})).status).toBe(204);
  await Promise.all(writers);
  const lines = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  const responses = new Set(lines.filter(({ type }) => type === "response").map(({ request }) => request.path));
  expect(lines.some(({ type, request }) => type === "request" && request.path === "sys/seal")).toBe(true);
  expect(answered.length).toBeGreaterThan(0);
  expect(answered.filter((path) => !responses.has(path))).toEqual([]);
  await server.unseal(keys);
  expect((await root.get("kv/metadata/?list=true")).status).toBe(200);
});
