import type { LoggedClass, ReplicationMode } from "../../sdk/log";

/** Which classes an upstream of the mode ships. */
export const SHIPPED: Readonly<Record<ReplicationMode, readonly LoggedClass[]>> = {
  performance: ["replicated"],
  dr: ["replicated", "local"],
};
