import { GRPC_STATUS, GrpcError } from "../plugin/grpc-status";
import type { Call } from "./call";
import type { AnyDataSource } from "./data-source";
import type { AnyEphemeralResource } from "./ephemeral-resource";
import type { AnyResource } from "./resource";

function find<T extends { readonly name: string }>(list: readonly T[], kind: string, name: string): T {
  const found = list.find((declared) => declared.name === name);
  if (found === undefined) throw new GrpcError(GRPC_STATUS.invalidArgument, `this provider has no ${kind} ${name}`);
  return found;
}

export function findResource({ connection }: Call, name: string): AnyResource<unknown> {
  return find(connection.provider.resources, "resource", name);
}

export function findDataSource({ connection }: Call, name: string): AnyDataSource<unknown> {
  return find(connection.provider.dataSources, "data source", name);
}

export function findEphemeralResource({ connection }: Call, name: string): AnyEphemeralResource<unknown> {
  return find(connection.provider.ephemeralResources, "ephemeral resource", name);
}
