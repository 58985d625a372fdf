import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import { type Call, SECONDS_DEFAULT } from "../call";
import { diagnosticMessages } from "../diagnostic-message";
import { toModel } from "../model-value";

/** Makes the session of this connection. A second configuration of the same connection replaces the first. */
export async function configureProvider(
  call: Call,
  request: Incoming<"ConfigureProviderRequest">,
): Promise<Outgoing<"ConfigureProviderResponse">> {
  const { provider, log, closing } = call.connection;
  const config = call.decode(provider.schema, request.config);
  const limit = { operation: `configuring provider ${provider.name}`, seconds: SECONDS_DEFAULT };
  const { value, error } = await call.run(limit, () =>
    provider.configure({
      config: toModel(config),
      terraformVersion: request.terraformVersion,
      log,
      signal: closing.signal,
    }),
  );
  if (error !== undefined) return { diagnostics: diagnosticMessages([error], call.clean) };
  await call.connection.replaceSession("session" in value ? { session: value.session } : undefined);
  return { diagnostics: diagnosticMessages(value.diagnostics ?? [], call.clean) };
}
