import { ServerError } from "../../sdk/errors";
import type { TokenSource } from "../../sdk/token";
import type { Exchange } from "../exchange";
import type { PipelinePorts } from "../ports";

/** Makes the token a login asked for, or the lease of a credential. Not before the audit devices took the request. */
export function register(exchange: Exchange, ports: PipelinePorts): Promise<void> | undefined {
  const kind = exchange.outcome?.kind;
  return kind === "login" || kind === "lease" ? issue(exchange, ports) : undefined;
}

async function issue(exchange: Exchange, ports: PipelinePorts): Promise<void> {
  const { outcome, mount, token } = exchange;
  if (mount === undefined || outcome === undefined) return;
  const limits = mount.context.leaseLimits();
  if (outcome.kind === "login") {
    exchange.issuedAuth = await ports.tokens.issueLogin(outcome.grant, tokenSource(exchange, mount.entry, limits));
  } else if (outcome.kind === "lease") {
    if (token === undefined) throw new ServerError("internal", { detail: "a lease needs a token" });
    const source = { mountId: mount.entry.id, mountPath: mount.entry.path, path: exchange.path, ...limits };
    exchange.issuedLease = await ports.leases.register(outcome.lease, source, token);
  }
}

function tokenSource(
  exchange: Exchange,
  entry: { readonly path: string; readonly accessor: string; readonly type: string },
  limits: { readonly defaultLeaseTtlSeconds: number; readonly maxLeaseTtlSeconds: number },
): TokenSource {
  return {
    mountPath: entry.path,
    mountAccessor: entry.accessor,
    mountType: entry.type,
    path: exchange.path,
    ...limits,
  };
}
