import type { UnaryMethod } from "./grpc-server";
import { GRPC_STATUS, GrpcError } from "./grpc-status";
import { ProtobufError } from "./protobuf-reader";
import { type Incoming, type Outgoing, PROVIDER_METHODS, type ProviderMethod, tfplugin6 } from "./tfplugin6";

const SERVICE = "/tfplugin6.Provider/";

/** One method of the provider, over messages. The signal is aborted when the caller goes away. */
export type ProviderHandler<M extends ProviderMethod> = (
  request: Incoming<`${M}Request`>,
  signal: AbortSignal,
) => Promise<Outgoing<`${M}Response`>>;

/** All of the provider's methods, for one connection. */
export type ProviderHandlers = { readonly [M in ProviderMethod]: ProviderHandler<M> };

function method<M extends ProviderMethod>(name: M, handler: ProviderHandler<M>): UnaryMethod {
  return async (bytes, signal) => {
    const response = await handler(read(name, bytes), signal);
    return tfplugin6.encode<`${M}Response`>(`${name}Response`, response);
  };
}

function read<M extends ProviderMethod>(name: M, bytes: Buffer): Incoming<`${M}Request`> {
  try {
    return tfplugin6.decode<`${M}Request`>(`${name}Request`, bytes);
  } catch (error) {
    if (error instanceof ProtobufError) throw new GrpcError(GRPC_STATUS.internal, error.message);
    throw error;
  }
}

/** The handlers as gRPC methods by path. */
export function providerMethods(handlers: ProviderHandlers): ReadonlyMap<string, UnaryMethod> {
  const bind = <M extends ProviderMethod>(name: M) => method(name, handlers[name]);
  return new Map(PROVIDER_METHODS.map((name) => [SERVICE + name, bind(name)] as const));
}
