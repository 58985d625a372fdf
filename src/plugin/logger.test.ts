import { createLogger, levelFromEnvironment } from "./logger";
import { Redactor } from "./redaction";

function logged(write: (log: ReturnType<typeof createLogger>) => void, redactor = new Redactor()) {
  const lines: string[] = [];
  write(createLogger({ level: "debug", module: "provider.test", redactor, write: (line) => lines.push(line) }));
  return lines.map((line): Record<string, unknown> => JSON.parse(line));
}

test("writes the lines that Terraform parses", () => {
  const [line] = logged((log) => log.info("copied", { keys: 3 }));
  expect(line).toMatchObject({ "@level": "info", "@message": "copied", "@module": "provider.test", keys: 3 });
  expect(line?.["@timestamp"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
});

test("a message is a string whatever a caller passes, and no field overrides what Terraform reads", () => {
  const notText: unknown = 42;
  const [line] = logged((log) => log.warn(notText as string, { "@message": 7, "@level": "trace" }));
  expect(line).toMatchObject({ "@message": "42", "@level": "warn" });
});

test("levels below the wanted one are not written", () => {
  expect(logged((log) => log.trace("quiet"))).toEqual([]);
});

test("telling keys and known texts are hidden, also escaped and inside other texts", () => {
  const redactor = new Redactor();
  redactor.add('s3cret"value');
  const [line] = logged(
    (log) => log.error('it is s3cret"value!', { token: "abc", body: '{"a":"s3cret\\"value"}' }),
    redactor,
  );
  expect(line).toMatchObject({ "@message": "it is (redacted)!", token: "(redacted)", body: '{"a":"(redacted)"}' });
});

test("long texts are cut, so that no line is split", () => {
  const [line] = logged((log) => log.info("x".repeat(100_000)));
  expect(JSON.stringify(line).length).toBeLessThan(65_536);
});

test.each([
  [{}, undefined],
  [{ TF_LOG: "off" }, undefined],
  [{ TF_LOG: "WARN" }, "warn"],
  [{ TF_LOG: "JSON" }, "trace"],
  [{ TF_LOG: "ERROR", TF_LOG_PROVIDER: "debug" }, "debug"],
])("%j means %s", (environment, level) => expect(levelFromEnvironment(environment)).toBe(level));
