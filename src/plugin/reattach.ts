import { goPluginMethods, IDLE_STREAMS } from "./go-plugin-services";
import { createGrpcServer } from "./grpc-server";
import { PROTOCOL_VERSION } from "./handshake";
import { listenLocally } from "./listen";
import { providerMethods } from "./provider-service";
import type { ProviderEnvironment, ProviderFactory } from "./serve";

export interface ReattachServer {
  /** Value for the environment variable TF_REATTACH_PROVIDERS. */
  readonly reattachProviders: string;
  close(): Promise<void>;
}

/**
 * Serves a provider to any Terraform that is told of it by TF_REATTACH_PROVIDERS: for tests and for debugging. The
 * server is plaintext on a socket of this user, never ends by itself, and each Terraform connection has its own session.
 *
 * @param address the provider's full source address, such as `example.com/shop/shop`
 */
export async function startReattachServer(
  address: string,
  factory: ProviderFactory,
  environment: ProviderEnvironment,
): Promise<ReattachServer> {
  const sessions = new Set<{ destroy(): void }>();
  const server = createGrpcServer(() => {
    const connection = factory(environment);
    return {
      unary: new Map([...providerMethods(connection.handlers), ...goPluginMethods(() => undefined)]),
      idle: IDLE_STREAMS,
      close: () => connection.close(),
    };
  });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  const listening = await listenLocally(server);
  const { network, address: bound } = listening.address;
  const reattach = {
    [address]: {
      Protocol: "grpc",
      ProtocolVersion: PROTOCOL_VERSION,
      Pid: process.pid,
      Test: true,
      Addr: { Network: network, String: bound },
    },
  };
  return {
    reattachProviders: JSON.stringify(reattach),
    close: async () => {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
      listening.cleanUp();
    },
  };
}
