import { PipelineFixture } from "../pipeline/testing/pipeline-fixture";
import type { MountType } from "../sdk/mount";
import type { MountEntry } from "../sdk/mounts";
import { defaultMountConfig, encodeMountEntry } from "./mount-entry";

const boxes: MountType = { type: "boxes", kind: "secret", description: "for tests", paths: () => [] };

function shared(id: string, path: string): MountEntry {
  const texts = { type: "boxes", description: "", accessor: `boxes_${id}` } as const;
  const flags = { local: false, sealWrap: false, options: new Map<string, string>(), config: defaultMountConfig };
  return { id, path, kind: "secret", ...texts, ...flags };
}

/** What a primary does reaches a secondary as entries of its log. */
async function apply(fixture: PipelineFixture, entry: MountEntry, isThere: boolean): Promise<void> {
  const view = fixture.view("mounts/", "replicated");
  await view.commit([isThere ? view.put(entry.id, encodeMountEntry(entry)) : view.delete(entry.id)]);
  fixture.router.onEntry([entry.id]);
  await fixture.router.pending;
}

test("a local mount that a shared one hides is there again once that is gone", async () => {
  const fixture = await new PipelineFixture({ types: [boxes] }).open();
  fixture.state = { performance: "secondary", dr: "disabled" };
  const local = await fixture.router.enable({ kind: "secret", path: "team", type: "boxes", local: true });
  const rival = shared("11111111-1111-4111-8111-111111111111", "team/");
  for (let round = 0; round < 2; round++) {
    await apply(fixture, rival, true);
    expect(fixture.router.route("team/x")?.entry.id).toBe(rival.id);
    await apply(fixture, rival, false);
    expect(fixture.router.route("team/x")?.entry.id).toBe(local.id);
  }
});

test("a local mount that was hidden when the server opened is there once the shared one is gone", async () => {
  const fixture = await new PipelineFixture({ types: [boxes] }).open();
  fixture.state = { performance: "secondary", dr: "disabled" };
  const local = await fixture.router.enable({ kind: "secret", path: "team", type: "boxes", local: true });
  const rival = shared("11111111-1111-4111-8111-111111111111", "team/");
  await apply(fixture, rival, true);
  fixture.router.close();
  await fixture.open();
  expect(fixture.router.route("team/x")?.entry.id).toBe(rival.id);
  await apply(fixture, rival, false);
  expect(fixture.router.route("team/x")?.entry.id).toBe(local.id);
});
