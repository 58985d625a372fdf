import { readFile } from "node:fs/promises";
import { eventually, type Initialized, ServerProcess } from "../support/server-process";
import { row, Shell } from "./cli-process";

/** The four calls as the README shows them. */
async function readmeCalls(): Promise<readonly string[]> {
  const readme = await readFile("README.md", "utf8");
  return [...readme.matchAll(/^ {4}(meridian .*replication.*)$/gm)].map(([, line = ""]) => line);
}

let shell: Shell;
let servers: readonly ServerProcess[];
let initialized: readonly Initialized[];

beforeAll(async () => {
  shell = await Shell.open();
  servers = await Promise.all([ServerProcess.start({ name: "a" }), ServerProcess.start({ name: "b" })]);
  initialized = await Promise.all(servers.map((server) => server.initialize()));
}, 60_000);

afterAll(async () => {
  await Promise.all((servers ?? []).map((server) => server.destroy()));
  await shell?.close();
});

test("the README's four calls, as written, make a performance secondary that streams", async () => {
  const [a, b] = servers.map((server) => server.api.address);
  const [ofA, ofB] = initialized;
  const places = { A: String(a), B: String(b) };
  const calls = await readmeCalls();
  expect(calls).toHaveLength(4);
  const [enable = "", issue = "", follow = "", status = ""] = calls;

  const enabled = await shell.line(enable, { ...places, MERIDIAN_TOKEN: String(ofA?.rootToken) });
  expect(enabled).toMatchObject({ code: 0, error: expect.stringContaining("Warning: ") });
  const issued = await shell.line(issue, { ...places, MERIDIAN_TOKEN: String(ofA?.rootToken) });
  expect(issued).toMatchObject({ code: 0, error: "" });
  const token = row(issued.out, "wrapping_token:");
  expect(token).toMatch(/^eyJ/);
  const followed = await shell.line(follow, {
    ...places,
    TOKEN: String(token),
    MERIDIAN_TOKEN: String(ofB?.rootToken),
  });
  expect(followed).toMatchObject({ code: 0 });
  expect(followed.out + followed.error).not.toContain(String(token));

  const streams = await eventually(
    "the secondary streams",
    async () => {
      const sealed = await shell.meridian(["status"], { MERIDIAN_ADDR: places.B });
      // A secondary has its primary's keys.
      if (sealed.code === 2)
        await shell.meridian(["operator", "unseal", "-"], { MERIDIAN_ADDR: places.B }, ofA?.keys[0]);
      const shown = await shell.line(status, places);
      return row(shown.out, "state") === "stream-wals" && shown;
    },
    40_000,
  );
  expect(row(streams.out, "role")).toBe("secondary");
  expect(row(streams.out, "secondary_id")).toBe("b");
  expect(Number(row(streams.out, "last_remote_wal"))).toBeGreaterThan(0);
  expect(streams.out).toMatch(/^Primary +Connection +Lag /m);
  expect(streams.out).toContain(places.A);
}, 90_000);

test("the primary's status names the secondary, and JSON is the server's envelope", async () => {
  const address = String(servers[0]?.api.address);
  const shown = await shell.meridian(["replication", "status", "--address", address]);
  expect(shown).toMatchObject({ code: 0, error: "" });
  expect(row(shown.out, "role")).toBe("primary");
  expect(row(shown.out, "known_secondaries")).toBe("[b]");
  expect(shown.out).toMatch(/^b +connected +\d+ ms +\d{4}-/m);
  expect(shown.out).toMatch(/^=+ Disaster recovery replication =+$/m);
  const json = JSON.parse((await shell.meridian(["replication", "status", `-address=${address}`, "-format=json"])).out);
  expect(json).toMatchObject({
    mount_type: "system",
    data: { performance: { mode: "primary", known_secondaries: ["b"] }, dr: { mode: "disabled" } },
  });
  const status = await shell.meridian(["status", "-address", address]);
  expect(row(status.out, "Replication Performance")).toBe("primary");
});

test("the plan of a failover names the target on the primary, and says on the secondary whether it may be promoted", async () => {
  const [a, b] = servers.map((server) => String(server.api.address));
  const token = { MERIDIAN_TOKEN: String(initialized[0]?.rootToken) };
  const planned = await eventually("the secondary has everything", async () => {
    const shown = await shell.meridian(["replication", "plan", `-address=${a}`], token);
    return /^b +connected +0 +0 +true /m.test(shown.out) && shown;
  });
  expect(row(planned.out, "recommended_target")).toBe("b");
  expect(planned.out).toMatch(/^b .* recommended$/m);
  const json = JSON.parse((await shell.meridian(["replication", "plan", `-address=${a}`, "-format=json"], token)).out);
  expect(json).toMatchObject({
    performance: { data: { mode: "primary", recommended_target: "b" } },
    dr: { data: { mode: "disabled" } },
  });
  expect(await shell.meridian(["replication", "plan", `-address=${b}`])).toMatchObject({ code: 2 });
}, 30_000);

test("a refusal names the path and the reason, and never the activation token", async () => {
  const address = String(servers[0]?.api.address);
  const environment = { MERIDIAN_ADDR: address, MERIDIAN_TOKEN: String(initialized[0]?.rootToken) };
  const path = "sys/replication/performance";
  const issued = await shell.meridian(
    ["write", "-field=wrapping_token", `${path}/primary/secondary-token`, "id=c"],
    environment,
  );
  expect(issued).toMatchObject({ code: 0, out: expect.stringMatching(/^eyJ\S+$/) });
  // A primary cannot follow itself.
  const refused = await shell.meridian(["write", `${path}/secondary/enable`, `token=${issued.out}`], environment);
  expect(refused).toMatchObject({ code: 2, error: expect.stringContaining(`${path}/secondary/enable\nCode: 400`) });
  expect(refused.error).not.toContain(issued.out);
});
