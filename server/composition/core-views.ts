import type { Barrier } from "../sdk/barrier";
import type { View } from "../sdk/view";

/** Key of the batch tokens' sealing key below core/token/, class `replicated`: all clusters of a set share it. */
export const BATCH_KEY = "batch-key";

export function corePolicyView(barrier: Barrier): View {
  return barrier.view("core/policy/", "replicated");
}

export function coreTokenViews(barrier: Barrier): { readonly storage: View; readonly sharedStorage: View } {
  return { storage: barrier.view("core/token/", "local"), sharedStorage: barrier.view("core/token/", "replicated") };
}
