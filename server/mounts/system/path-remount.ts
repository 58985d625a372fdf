import { declare } from "./context";
import { requireReach } from "./secondary-reach";

export const remountPaths = [
  declare({
    template: "remount",
    summary: "Move a mount to another path.",
    fields: {
      from: { type: "string", description: "Path of the mount; auth methods with auth/ in front.", required: true },
      to: { type: "string", description: "The new path.", required: true },
    },
    operations: {
      update: {
        summary: "Move a secrets engine or auth method",
        sudo: true,
        run: async ({ context, fields, request }) => {
          const { mounts, leases } = context.ports;
          const before = mounts.read(fields.from);
          requireReach(request, before);
          // What is refused must revoke nothing, so the mount table is asked first.
          mounts.movable(fields.from, fields.to);
          await leases.revokePrefix(before?.path ?? fields.from, { sync: true, force: false });
          await mounts.remount(fields.from, fields.to);
          return { kind: "data", data: { migration_id: context.random.uuid() }, repeatAtTop: true };
        },
      },
    },
  }),
];
