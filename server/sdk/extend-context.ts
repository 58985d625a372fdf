import type { MountContext } from "./mount";

/**
 * A mount's context with something of the mount type's own. Views are asked for when they are used, since they fail while the
 * server is sealed: copying the context with `...` would ask at once, or lose what is a getter.
 */
export function extendContext<Extra extends object>(context: MountContext, extra: Extra): MountContext & Extra {
  const delegate: MountContext = {
    mountId: context.mountId,
    mountPath: context.mountPath,
    accessor: context.accessor,
    local: context.local,
    options: context.options,
    clock: context.clock,
    random: context.random,
    get storage() {
      return context.storage;
    },
    get localStorage() {
      return context.localStorage;
    },
    leaseLimits: () => context.leaseLimits(),
    replicationState: () => context.replicationState(),
    callPrimary: (name, payload) => context.callPrimary(name, payload),
  };
  return Object.assign(delegate, extra);
}
