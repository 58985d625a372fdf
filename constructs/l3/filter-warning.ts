import { Annotations, Aspects, type Construct, TerraformStack } from "../cdk";
import { AuthMethod } from "../l1/auth-method";
import { SecretsEngine } from "../l1/secrets-engine";
import type { PathsFilter } from "../l2/paths-filter";

interface Filtered {
  readonly pathsFilter?: PathsFilter;
}

/** A filter that names no mount of the program may be a slip of the pen, and would send what it was meant to keep back. */
export function warnOfUnknownMounts(
  topology: Construct,
  clusterName: string,
  datacenters: { readonly [name: string]: Filtered },
): void {
  const stack = TerraformStack.of(topology);
  Aspects.of(stack).add({
    visit(node) {
      if (node !== stack) return;
      const mounts = mountsOf(stack, clusterName);
      if (mounts.length === 0) return;
      for (const [name, { pathsFilter }] of Object.entries(datacenters)) {
        for (const path of pathsFilter?.paths ?? []) {
          if (mounts.includes(path)) continue;
          Annotations.of(topology).addWarning(
            `the filter of "${name}" names "${path}", which is no mount of this program (${mounts.join(", ")}): is it misspelt? [filter/unknown-mount]`,
          );
        }
      }
    },
  });
}

/** As filters name them. */
function mountsOf(stack: TerraformStack, clusterName: string): string[] {
  return stack.node.findAll().flatMap((node) => {
    if (node instanceof SecretsEngine && node.clusterInput === clusterName) return [`${node.pathInput}/`];
    if (node instanceof AuthMethod && node.clusterInput === clusterName) return [`auth/${node.pathInput}/`];
    return [];
  });
}
