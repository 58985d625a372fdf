import { ServerError } from "../../sdk/errors";
import type { LeaseFacts } from "../../sdk/lease";
import type { Outcome, ResponseData } from "../../sdk/outcome";
import type { AnyPath } from "../../sdk/path";
import type { SystemContext } from "./context";
import { declare } from "./context";

const leaseField = { type: "string", description: "Id of the lease.", bytesMax: 4096 } as const;
const urlLeaseField = { type: "string", description: "Id of the lease, in the path." } as const;
const incrementField = { type: "duration", description: "Time asked for from now on.", default: 0 } as const;
const syncField = { type: "boolean", description: "Answer after the credentials are gone.", default: true } as const;
const prefixField = { type: "string", description: "Leases whose ids begin with it.", required: true } as const;

/** Leases belong to this cluster alone: nothing here is ever forwarded. */
export const leasePaths: readonly AnyPath<SystemContext>[] = [
  declare({
    template: "leases/lookup",
    summary: "One lease by its id, or the roots of all leases.",
    fields: { lease_id: leaseField },
    operations: {
      update: { summary: "Look a lease up", run: ({ context, fields }) => lookup(context, fields.lease_id) },
      list: { summary: "List the first parts of lease ids", sudo: true, run: ({ context }) => list(context, "") },
    },
  }),
  declare({
    template: "leases/lookup/{prefix...}",
    summary: "Leases under a prefix.",
    fields: { prefix: prefixField },
    operations: {
      list: { summary: "List leases", sudo: true, run: ({ context, fields }) => list(context, `${fields.prefix}/`) },
    },
  }),
  ...["leases/renew", "renew"].flatMap((template) => [
    declare({
      template,
      summary: "Renew a lease.",
      fields: { lease_id: leaseField, increment: incrementField },
      operations: {
        update: {
          summary: "Renew a lease",
          run: ({ context, fields }) => renew(context, fields.lease_id, fields.increment),
        },
      },
    }),
    declare({
      template: `${template}/{url_lease_id...}`,
      summary: "Renew the lease in the path.",
      fields: { url_lease_id: urlLeaseField, lease_id: leaseField, increment: incrementField },
      operations: {
        update: {
          summary: "Renew a lease",
          run: ({ context, fields }) => renew(context, fields.lease_id ?? fields.url_lease_id, fields.increment),
        },
      },
    }),
  ]),
  ...["leases/revoke", "revoke"].flatMap((template) => [
    declare({
      template,
      summary: "Revoke a lease.",
      fields: { lease_id: leaseField, sync: syncField },
      operations: {
        update: {
          summary: "Revoke a lease",
          run: ({ context, fields }) => revoke(context, fields.lease_id, fields.sync),
        },
      },
    }),
    declare({
      template: `${template}/{url_lease_id...}`,
      summary: "Revoke the lease in the path.",
      fields: { url_lease_id: urlLeaseField, lease_id: leaseField, sync: syncField },
      operations: {
        update: {
          summary: "Revoke a lease",
          run: ({ context, fields }) => revoke(context, fields.lease_id ?? fields.url_lease_id, fields.sync),
        },
      },
    }),
  ]),
  ...["leases/revoke-prefix", "revoke-prefix"].map((template) =>
    declare({
      template: `${template}/{prefix...}`,
      summary: "Revoke all leases under a prefix.",
      fields: { prefix: prefixField, sync: syncField },
      operations: {
        update: {
          summary: "Revoke leases",
          sudo: true,
          run: ({ context, fields }) => revokePrefix(context, fields.prefix, fields.sync, false),
        },
      },
    }),
  ),
  ...["leases/revoke-force", "revoke-force"].map((template) =>
    declare({
      template: `${template}/{prefix...}`,
      summary: "Forget all leases under a prefix, whether the credentials could be taken back or not.",
      fields: { prefix: prefixField },
      operations: {
        update: {
          summary: "Forget leases",
          sudo: true,
          run: ({ context, fields }) => revokePrefix(context, fields.prefix, true, true),
        },
      },
    }),
  ),
];

function required(leaseId: string | undefined): string {
  if (leaseId !== undefined && leaseId !== "") return leaseId;
  throw new ServerError("invalid_request", "lease_id must be specified");
}

async function lookup(context: SystemContext, leaseId: string | undefined): Promise<Outcome> {
  const found = await context.ports.leases.lookup(required(leaseId));
  if (found === undefined) throw new ServerError("invalid_request", "invalid lease");
  return { kind: "data", data: leaseBody(found, context.clock.nowMilliseconds()) };
}

function leaseBody(lease: LeaseFacts, nowMilliseconds: number): ResponseData {
  const time = (milliseconds: number | undefined): string | null =>
    milliseconds === undefined ? null : new Date(milliseconds).toISOString();
  const expires = lease.expireTimeMilliseconds;
  return {
    id: lease.leaseId,
    issue_time: time(lease.issueTimeMilliseconds),
    expire_time: time(expires),
    last_renewal: time(lease.lastRenewalMilliseconds),
    renewable: lease.renewable,
    ttl: expires === undefined ? 0 : Math.max(0, Math.floor((expires - nowMilliseconds) / 1000)),
  };
}

async function list(context: SystemContext, prefix: string): Promise<Outcome> {
  return { kind: "list", keys: await context.ports.leases.listPrefix(prefix) };
}

async function renew(context: SystemContext, leaseId: string | undefined, incrementSeconds: number): Promise<Outcome> {
  const lease = await context.ports.leases.renew(required(leaseId), incrementSeconds);
  return { kind: "renewed_lease", ...lease };
}

async function revoke(context: SystemContext, leaseId: string | undefined, sync: boolean): Promise<Outcome> {
  await context.ports.leases.revoke(required(leaseId), sync);
  return { kind: "empty" };
}

async function revokePrefix(context: SystemContext, prefix: string, sync: boolean, force: boolean): Promise<Outcome> {
  await context.ports.leases.revokePrefix(prefix, { sync, force });
  return { kind: "empty" };
}
