import { declare } from "./context";

export const keyPaths = [
  declare({
    template: "key-status",
    summary: "The encryption key in use.",
    fields: {},
    operations: {
      read: {
        summary: "Read the state of the encryption key",
        run: ({ context }) => {
          const status = context.ports.keyring.keyStatus();
          return {
            kind: "data",
            data: {
              term: status.term,
              install_time: new Date(status.installedAtMilliseconds).toISOString(),
              encryptions: status.encryptions,
            },
            repeatAtTop: true,
          };
        },
      },
    },
  }),
  ...["rotate", "rotate/keyring"].map((template) =>
    declare({
      template,
      summary: "Make a new encryption key.",
      fields: {},
      operations: {
        update: {
          summary: "Rotate the encryption key",
          sudo: true,
          forward: true,
          run: async ({ context }) => {
            await context.ports.keyring.rotate();
            return { kind: "empty" };
          },
        },
      },
    }),
  ),
];
