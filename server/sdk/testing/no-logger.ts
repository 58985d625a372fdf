import type { Logger } from "../logger";

/** Takes every line and keeps none. */
export const noLogger: Logger = { log: () => undefined, named: () => noLogger };
