import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nameOf } from "../services/metrics/prometheus-text";
import { metricTables } from "./metric-tables";

const rows = metricTables.flatMap(([, table]) => table);

test("every name is given once and is one of Prometheus", () => {
  const names = rows.map(nameOf);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^vault_[a-zA-Z][a-zA-Z0-9_]*$/);
});

test("no summary's lines are another metric's", () => {
  const names = new Set(rows.map(nameOf));
  for (const row of rows.filter(({ kind }) => kind === "summary")) {
    for (const suffix of ["_sum", "_count", "_bucket"]) expect(names).not.toContain(nameOf(row) + suffix);
  }
});

test("only gauges have rows per secondary, and every set of label values is small", () => {
  for (const { kind, labels = {} } of rows) {
    for (const values of Object.values(labels)) {
      if (values === "secondaries") expect(kind).toBe("gauge");
      else expect(values.length).toBeLessThanOrEqual(24);
    }
  }
});

test("every declaration of the server is in the tables", () => {
  const folder = join(__dirname, "..");
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.ts$/.test(file) && !/\.test\.ts$|\.d\.ts$|^dist\/|^sdk\/|testing\/|node_modules/.test(file),
  );
  const declared = sources.flatMap((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    return /sdk\/metrics"/.test(text) && /\b(?:counter|gauge|summary)\(\{/.test(text) ? [file] : [];
  });
  const tables = readFileSync(join(folder, "composition/metric-tables.ts"), "utf8");
  expect(declared.length).toBeGreaterThan(5);
  for (const file of declared) expect(tables).toContain(`/${file.split("/").at(-1)?.replace(".ts", "")}"`);
});
