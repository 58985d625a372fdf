import type { MountContext, MountType } from "../../sdk/mount";
import { pathsOf } from "../../sdk/path";
import { PipelineFixture } from "./pipeline-fixture";

export const declare = pathsOf<MountContext>();

/** A small engine: values under names, shared data. */
export const boxes: MountType = {
  type: "boxes",
  kind: "secret",
  description: "boxes for tests",
  paths: () => [
    declare({
      template: "box/{name}",
      summary: "One box.",
      fields: {
        name: { type: "string", description: "Name." },
        value: { type: "string", description: "What is in it." },
        count: { type: "integer", description: "How many." },
      },
      operations: {
        read: {
          summary: "Look into it",
          run: ({ context, fields }) => {
            const found = context.storage.peek(fields.name ?? "");
            return found === undefined
              ? { kind: "not_found" }
              : { kind: "data", data: { value: found.value.toString() } };
          },
        },
        update: {
          summary: "Fill it",
          run: async ({ context, fields }) => {
            await context.storage.commit([context.storage.put(fields.name ?? "", Buffer.from(fields.value ?? ""))]);
            return { kind: "empty" };
          },
        },
      },
    }),
    declare({
      template: "box",
      summary: "All boxes.",
      fields: {},
      operations: {
        list: {
          summary: "List them",
          run: async ({ context }) => ({ kind: "list", keys: await context.storage.list("", { limit: 100 }) }),
        },
      },
    }),
    declare({
      template: "shared/{name}",
      summary: "Forwarded.",
      fields: { name: { type: "string", description: "Name." } },
      operations: { update: { summary: "Write", forward: true, run: () => ({ kind: "empty" }) } },
    }),
  ],
};

/** A pipeline with the engine mounted at `boxes/`. */
export async function withBoxes(): Promise<PipelineFixture> {
  const fixture = await new PipelineFixture({ types: [boxes] }).open();
  await fixture.router.enable({ kind: "secret", path: "boxes", type: "boxes" });
  return fixture;
}
