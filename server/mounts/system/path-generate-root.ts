import type { AnyPath } from "../../sdk/path";
import { ceremonyPaths } from "./ceremony-paths";
import type { SystemContext } from "./context";

/**
 * Root tokens by the share holders: of this cluster alone, also on a performance secondary. A DR secondary has no tokens of its
 * own; its share holders make a DR operation token instead.
 */
export const rootTokenPaths: readonly AnyPath<SystemContext>[] = ceremonyPaths({
  attempts: ["generate-root/attempt", "generate-root"],
  update: "generate-root/update",
  product: "root token",
  onDrSecondary: true,
  ceremonyOf: (context: SystemContext) => context.ports.rootTokens,
});
