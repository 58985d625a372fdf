import { declare } from "./context";

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
        run: async ({ context, fields }) => {
          const { mounts, leases } = context.ports;
          await leases.revokePrefix(fields.from.endsWith("/") ? fields.from : `${fields.from}/`, {
            sync: true,
            force: false,
          });
          await mounts.remount(fields.from, fields.to);
          return { kind: "data", data: { migration_id: context.random.uuid() }, repeatAtTop: true };
        },
      },
    },
  }),
];
