import type { MeridianSession } from "../client/session";
import { providerKit } from "../framework/kit";

/** The declaring functions for everything of this provider. */
export const { resource, dataSource, ephemeralResource, provider } = providerKit<MeridianSession>();
