import "./plugin/stdout-guard";
import { providerConnection } from "./framework/connection";
import { serve } from "./plugin/serve";
import { provider } from "./provider";

void serve((environment) => providerConnection(provider, environment), `provider.${provider.name}`);
