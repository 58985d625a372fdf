import type { MountType } from "../../sdk/mount";
import type { AnyPath } from "../../sdk/path";
import type { SystemPorts } from "./context";
import { SystemContext } from "./context";
import { withOpenCeremonies } from "./open-ceremonies";
import { auditPaths } from "./path-audit";
import { capabilityPaths } from "./path-capabilities";
import { configurationPaths } from "./path-configuration";
import { rootTokenPaths } from "./path-generate-root";
import { healthPaths } from "./path-health";
import { initializationPaths } from "./path-initialization";
import { internalPaths } from "./path-internal";
import { keyPaths } from "./path-keys";
import { leasePaths } from "./path-leases";
import { licensePaths } from "./path-license";
import { metricsPaths } from "./path-metrics";
import { mountPaths } from "./path-mounts";
import { policyPaths } from "./path-policies";
import { remountPaths } from "./path-remount";
import { replicationPaths } from "./path-replication";
import { sealPaths } from "./path-seal";
import { toolPaths } from "./path-tools";
import { wrappingPaths } from "./path-wrapping";

/** Everything under sys/. */
export const systemPaths: readonly AnyPath<SystemContext>[] = [
  ...initializationPaths,
  ...sealPaths,
  ...healthPaths,
  ...metricsPaths,
  ...mountPaths,
  ...remountPaths,
  ...policyPaths,
  ...capabilityPaths,
  ...auditPaths,
  ...wrappingPaths,
  ...leasePaths,
  ...keyPaths,
  ...rootTokenPaths,
  ...toolPaths,
  ...configurationPaths,
  ...internalPaths,
  ...replicationPaths,
  ...licensePaths,
];

/**
 * The system mount over the services of a server. Routable in every state of the node.
 * @param openCeremonies the ceremonies that ask for no token, as `enable_unauthenticated_access` names them
 */
export function systemMount(ports: SystemPorts, openCeremonies: readonly string[] = []): MountType<SystemContext> {
  const paths = withOpenCeremonies(systemPaths, openCeremonies);
  return {
    type: "system",
    kind: "secret",
    description: "The system backend is built-in and cannot be remounted or unmounted. It controls the server itself.",
    singleton: true,
    paths: () => paths,
    open: (context) => new SystemContext(context, ports),
  };
}
