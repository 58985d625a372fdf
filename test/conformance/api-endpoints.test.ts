import { ServerProcess } from "../support/server-process";
import { absentEndpoints } from "./api/absent-endpoints";
import { publishedEndpoints } from "./api/published-endpoints";
import { runRow, type Saved, titleOf } from "./api/row";
import { auditRows } from "./api/rows-audit";
import { authRows } from "./api/rows-auth";
import { kvRows } from "./api/rows-kv";
import { mountRows } from "./api/rows-mounts";
import { systemRows } from "./api/rows-system";
import { tokenRows } from "./api/rows-token";

let server: ServerProcess;
const saved: Saved = new Map();

beforeAll(async () => {
  server = await ServerProcess.start();
  const { rootToken, keys } = await server.initialize();
  saved.set("root", rootToken);
  saved.set("unsealKey", keys[0] ?? "");
  saved.set("folder", server.folder);
}, 60_000);

afterAll(() => server?.destroy());

const tables = {
  mounts: mountRows,
  system: systemRows,
  token: tokenRows,
  auth: authRows,
  kv: kvRows,
  audit: auditRows,
};

describe.each(Object.entries(tables))("%s", (_name, rows) => {
  it.each(rows.map((row) => [titleOf(row), row] as const))("%s", async (_title, row) => {
    await runRow(server.api, row, saved);
  });
});

describe("the published list", () => {
  const covered = new Set(Object.values(tables).flatMap((rows) => rows.map((row) => row.covers)));
  const published = Object.entries(publishedEndpoints).flatMap(([path, methods]) =>
    methods.split(" ").map((method) => `${path} ${method}`),
  );

  it("has every endpoint either in a table above or in the list of what is absent", () => {
    const absent = new Set(Object.keys(absentEndpoints));
    const isAbsent = (endpoint: string): boolean => absent.has(endpoint.slice(0, endpoint.lastIndexOf(" ")));
    expect(published.filter((endpoint) => !covered.has(endpoint) && !isAbsent(endpoint))).toEqual([]);
    expect(published.filter((endpoint) => covered.has(endpoint) && isAbsent(endpoint))).toEqual([]);
  });

  it.each(Object.entries(absentEndpoints))("does not pretend to have %s", async (_endpoint, path) => {
    const answer = await server.api.get(path, { token: saved.get("root") });
    expect([answer.status, answer.body.errors?.join()]).toEqual([404, expect.stringMatching(/unsupported path/)]);
  });
});
