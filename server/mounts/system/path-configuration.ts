import { declare } from "./context";

export const configurationPaths = [
  declare({
    template: "config/state/sanitized",
    summary: "The configuration in use, without secrets.",
    fields: {},
    operations: {
      read: {
        summary: "Read the configuration in use",
        run: ({ context }) => ({ kind: "data", data: context.ports.configuration() }),
      },
    },
  }),
];
