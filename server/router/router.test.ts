import { PipelineFixture } from "../pipeline/testing/pipeline-fixture";
import type { MountType } from "../sdk/mount";
import type { MountEntry } from "../sdk/mounts";
import { defaultMountConfig, encodeMountEntry } from "./mount-entry";
import { MountIndex } from "./mount-index";

const boxes: MountType = { type: "boxes", kind: "secret", description: "for tests", paths: () => [] };

function shared(path: string, id = "11111111-1111-4111-8111-111111111111"): MountEntry {
  const texts = { type: "boxes", description: "", accessor: `boxes_${id}` } as const;
  const flags = { local: false, sealWrap: false, options: new Map<string, string>(), config: defaultMountConfig };
  return { id, path, kind: "secret", ...texts, ...flags };
}

/** A performance secondary with a local mount at `team/`. */
async function secondary() {
  const fixture = await new PipelineFixture({ types: [boxes] }).open();
  fixture.state = { performance: "secondary", dr: "disabled" };
  const local = await fixture.router.enable({ kind: "secret", path: "team", type: "boxes", local: true });
  const servedBy = (path: string): string | undefined => fixture.router.route(path)?.entry.id;
  return { fixture, local, servedBy };
}

/** What a primary does reaches a secondary as entries of its log. */
async function apply(fixture: PipelineFixture, entry: MountEntry, isThere: boolean): Promise<void> {
  const view = fixture.view("mounts/", "replicated");
  await view.commit([isThere ? view.put(entry.id, encodeMountEntry(entry)) : view.delete(entry.id)]);
  fixture.router.onEntry([entry.id]);
  await fixture.router.pending;
}

test.each(["team/", "team/sub/"])("a local mount keeps its path when its primary mounts %s", async (path) => {
  const { fixture, local, servedBy } = await secondary();
  const rival = shared(path);
  for (let round = 0; round < 2; round++) {
    await apply(fixture, rival, true);
    expect(servedBy("team/sub/x")).toBe(local.id);
    expect(fixture.router.list("secret").map((entry) => entry.id)).not.toContain(rival.id);
    await apply(fixture, rival, false);
    expect(servedBy("team/sub/x")).toBe(local.id);
  }
});

test.each(["team/", "team/sub/"])("the shared mount %s is served once the local one is gone", async (path) => {
  const { fixture, servedBy } = await secondary();
  const rival = shared(path);
  await apply(fixture, rival, true);
  await fixture.router.disable("team");
  expect(servedBy("team/sub/x")).toBe(rival.id);
});

test("a shared mount that was moved away, or that the local one has moved from, is served", async () => {
  const { fixture, local, servedBy } = await secondary();
  const rival = shared("team/");
  await apply(fixture, rival, true);
  await apply(fixture, { ...rival, path: "other/" }, true);
  expect([servedBy("team/x"), servedBy("other/x")]).toEqual([local.id, rival.id]);
  await apply(fixture, rival, true);
  expect([servedBy("team/x"), servedBy("other/x")]).toEqual([local.id, undefined]);
  await fixture.router.remount("team", "mine");
  expect([servedBy("team/x"), servedBy("mine/x")]).toEqual([rival.id, local.id]);
});

test("a shared mount that is gone does not come back with the path", async () => {
  const { fixture, servedBy } = await secondary();
  const rival = shared("team/");
  await apply(fixture, rival, true);
  await apply(fixture, rival, false);
  await fixture.router.disable("team");
  expect(servedBy("team/x")).toBeUndefined();
});

test("a local mount below a shared one keeps its own path and no more", async () => {
  const { fixture, local, servedBy } = await secondary();
  await fixture.router.remount("team", "wide/team");
  const rival = shared("wide/");
  await apply(fixture, rival, true);
  expect([servedBy("wide/team/x"), servedBy("wide/x")]).toEqual([local.id, rival.id]);
});

test("it is the same after the server has been opened anew", async () => {
  const { fixture, local, servedBy } = await secondary();
  const rival = shared("team/sub/");
  await apply(fixture, rival, true);
  fixture.router.close();
  await fixture.open();
  expect(servedBy("team/sub/x")).toBe(local.id);
  await fixture.router.disable("team");
  expect(servedBy("team/sub/x")).toBe(rival.id);
});

test("thousands of shared mounts are served once the local one that held their paths is gone", async () => {
  const { fixture, servedBy } = await secondary();
  const ids = Array.from({ length: 4_000 }, (_, at) => `11111111-1111-4111-8111-${String(at).padStart(12, "0")}`);
  const view = fixture.view("mounts/", "replicated");
  await view.commit(ids.map((id) => view.put(id, encodeMountEntry(shared(`team/${id}/`, id)))));
  fixture.router.onEntry(ids);
  await fixture.router.pending;
  await fixture.router.disable("team");
  expect(ids.map((id) => servedBy(`team/${id}/x`))).toEqual(ids);
});

test("the work for shadowed mounts grows with their number, not with its square", async () => {
  const { fixture } = await secondary();
  const ids = Array.from({ length: 1_000 }, (_, at) => `11111111-1111-4111-8111-${String(at).padStart(12, "0")}`);
  const locals = ids.map((id) => ({ ...shared(`own/${id}/`, `${id}-local`), local: true }));
  const [replicated, local] = [fixture.view("mounts/", "replicated"), fixture.view("mounts/", "local")];
  await replicated.commit(ids.map((id) => replicated.put(id, encodeMountEntry(shared(`own/${id}/box/`, id)))));
  await local.commit(locals.map((entry) => local.put(entry.id, encodeMountEntry(entry))));
  const lookedAt = jest.spyOn(MountIndex.prototype, "enclosing");
  const walked = jest.spyOn(MountIndex.prototype, "mounts");
  fixture.router.close();
  await fixture.open();
  expect(lookedAt.mock.calls.length).toBeLessThanOrEqual(4 * ids.length);
  lookedAt.mockClear();
  fixture.router.onEntry(ids);
  await fixture.router.pending;
  expect(lookedAt.mock.calls.length).toBeLessThanOrEqual(4 * ids.length);
  lookedAt.mockClear();
  await local.commit(locals.map((entry) => local.delete(entry.id)));
  fixture.router.onEntry(locals.map((entry) => entry.id));
  await fixture.router.pending;
  expect(lookedAt.mock.calls.length).toBeLessThanOrEqual(4 * ids.length);
  expect(walked.mock.calls.length).toBeLessThanOrEqual(10);
  expect(ids.map((id) => fixture.router.route(`own/${id}/box/x`)?.entry.id)).toEqual(ids);
  jest.restoreAllMocks();
});
