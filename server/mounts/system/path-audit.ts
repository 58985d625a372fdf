import type { AuditDeviceEntry } from "../../sdk/audit";
import type { ResponseData } from "../../sdk/outcome";
import { declare } from "./context";
import { requireOwnClient } from "./secondary-reach";

export const auditPaths = [
  declare({
    template: "audit",
    summary: "All audit devices.",
    fields: {},
    operations: {
      read: {
        summary: "List the audit devices",
        sudo: true,
        run: ({ context }) => ({
          kind: "data",
          data: new Map(context.ports.audit.list().map((entry) => [entry.path, deviceBody(entry)])),
          repeatAtTop: true,
        }),
      },
    },
  }),
  declare({
    template: "audit/{path...}",
    summary: "One audit device.",
    fields: {
      path: { type: "string", description: "Name of the device, without slash at the end.", required: true },
      type: { type: "string", description: "Type of the device: file.", default: "" },
      description: { type: "string", description: "For people.", default: "", bytesMax: 4096 },
      options: {
        type: "key_value",
        description: "file_path (stdout, discard or a path), mode, log_raw, hmac_accessor, prefix.",
        default: [],
      },
      local: { type: "boolean", description: "Not replicated.", default: false },
    },
    operations: {
      update: {
        summary: "Enable an audit device",
        sudo: true,
        run: async ({ context, fields, request }) => {
          const { path, type, description, options, local } = fields;
          if (local) requireOwnClient(request);
          await context.ports.audit.enable({ path, type, description, options, local });
          return { kind: "empty" };
        },
      },
      delete: {
        summary: "Disable the audit device",
        sudo: true,
        run: async ({ context, fields, request }) => {
          const { audit } = context.ports;
          const path = fields.path.endsWith("/") ? fields.path : `${fields.path}/`;
          if (audit.list().some((entry) => entry.local && entry.path === path)) requireOwnClient(request);
          await audit.disable(path);
          return { kind: "empty" };
        },
      },
    },
  }),
  declare({
    template: "audit-hash/{path...}",
    summary: "What an audit device writes for a value.",
    fields: {
      path: { type: "string", description: "Name of the device.", required: true },
      input: { type: "string", description: "The value.", required: true, sensitive: true },
    },
    operations: {
      update: {
        summary: "Hash a value as the audit device does",
        run: ({ context, fields }) => ({
          kind: "data",
          data: { hash: context.ports.audit.hash(fields.path, fields.input) },
          repeatAtTop: true,
        }),
      },
    },
  }),
];

function deviceBody(entry: AuditDeviceEntry): ResponseData {
  return {
    type: entry.type,
    description: entry.description,
    options: entry.options,
    local: entry.local,
    path: entry.path,
  };
}
