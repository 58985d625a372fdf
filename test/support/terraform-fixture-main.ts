import "../../src/plugin/stdout-guard";
import { providerConnection } from "../../src/framework/connection";
import { serve } from "../../src/plugin/serve";
import { shop } from "./terraform-fixture";

void serve((environment) => providerConnection(shop, environment), "provider.shop");
