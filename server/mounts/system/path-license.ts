import { ServerError } from "../../sdk/errors";
import type { Outcome } from "../../sdk/outcome";
import { declare } from "./context";

/** What editions without licences answer: tools that look for one go on without it. */
function noLicense(): Outcome {
  throw new ServerError("unsupported_path", "enterprise-only feature: this server has no licence and needs none");
}

const always = { run: noLicense, alwaysRefuses: true, responses: { 404: "There is no licence." } } as const;
const read = { summary: "Say that there is no licence", ...always } as const;
const update = { summary: "Say that there is no licence to load", ...always } as const;
/** On a DR secondary these ask for no token: there is nothing to guard. */
const OPEN = { unauthenticated: true, onDrSecondary: true } as const;
const DR = "replication/dr/secondary/";
const SUMMARY = "This server has no licence and needs none.";

/** Licences, under each of their names. */
export const licensePaths = [
  declare({ template: "license/status", summary: SUMMARY, fields: {}, operations: { read } }),
  declare({
    template: "config/reload/{subsystem}",
    summary: SUMMARY,
    fields: { subsystem: { type: "string", description: "`license`.", required: true } },
    operations: { update },
  }),
  declare({
    template: `${DR}license/status`,
    summary: SUMMARY,
    fields: {},
    operations: { read: { ...OPEN, ...read } },
  }),
  declare({
    template: `${DR}license`,
    summary: SUMMARY,
    fields: {},
    operations: { read: { ...OPEN, ...read }, update: { ...OPEN, ...update } },
  }),
  declare({
    template: `${DR}license/signed`,
    summary: SUMMARY,
    fields: {},
    operations: { update: { ...OPEN, ...update } },
  }),
  declare({
    template: `${DR}config/reload/{subsystem}`,
    summary: SUMMARY,
    fields: { subsystem: { type: "string", description: "`license`.", required: true } },
    operations: { update: { ...OPEN, ...update } },
  }),
];
