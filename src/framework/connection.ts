import type { ProviderConnection, ProviderEnvironment } from "../plugin/serve";
import { Call, Connection } from "./call";
import type { AnyProvider } from "./provider";
import { applyResourceChange } from "./rpc/apply-resource-change";
import { callFunction } from "./rpc/call-function";
import { closeEphemeralResource } from "./rpc/close-ephemeral-resource";
import { configureProvider } from "./rpc/configure-provider";
import { getFunctions } from "./rpc/get-functions";
import { getMetadata } from "./rpc/get-metadata";
import { getProviderSchema } from "./rpc/get-provider-schema";
import { importResourceState } from "./rpc/import-resource-state";
import { moveResourceState } from "./rpc/move-resource-state";
import { openEphemeralResource } from "./rpc/open-ephemeral-resource";
import { planResourceChange } from "./rpc/plan-resource-change";
import { readDataSource } from "./rpc/read-data-source";
import { readResource } from "./rpc/read-resource";
import { renewEphemeralResource } from "./rpc/renew-ephemeral-resource";
import { stopProvider } from "./rpc/stop-provider";
import { upgradeResourceState } from "./rpc/upgrade-resource-state";
import { validateDataResourceConfig } from "./rpc/validate-data-resource-config";
import { validateEphemeralResourceConfig } from "./rpc/validate-ephemeral-resource-config";
import { validateProviderConfig } from "./rpc/validate-provider-config";
import { validateResourceConfig } from "./rpc/validate-resource-config";

type Verb<Request, Response> = (call: Call, request: Request) => Promise<Response>;

/** Serves one connection of Terraform with a session of its own. Give it to `serve` or `startReattachServer`. */
export function providerConnection(provider: AnyProvider, { log, redactor }: ProviderEnvironment): ProviderConnection {
  const connection = new Connection(provider, log, redactor);
  const verb =
    <Request, Response>(handler: Verb<Request, Response>) =>
    (request: Request, signal: AbortSignal) =>
      handler(new Call(connection, signal), request);
  return {
    handlers: {
      GetMetadata: () => getMetadata(connection),
      GetProviderSchema: () => getProviderSchema(connection),
      GetFunctions: () => getFunctions(connection),
      StopProvider: () => stopProvider(connection),
      ValidateProviderConfig: verb(validateProviderConfig),
      ValidateResourceConfig: verb(validateResourceConfig),
      ValidateDataResourceConfig: verb(validateDataResourceConfig),
      ValidateEphemeralResourceConfig: verb(validateEphemeralResourceConfig),
      ConfigureProvider: verb(configureProvider),
      UpgradeResourceState: verb(upgradeResourceState),
      MoveResourceState: verb(moveResourceState),
      ImportResourceState: verb(importResourceState),
      ReadResource: verb(readResource),
      PlanResourceChange: verb(planResourceChange),
      ApplyResourceChange: verb(applyResourceChange),
      ReadDataSource: verb(readDataSource),
      OpenEphemeralResource: verb(openEphemeralResource),
      RenewEphemeralResource: verb(renewEphemeralResource),
      CloseEphemeralResource: verb(closeEphemeralResource),
      CallFunction: verb(callFunction),
    },
    close: () => connection.close(),
  };
}
