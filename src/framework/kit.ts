import type { AnyDataSource, DataSource } from "./data-source";
import type { AnyEphemeralResource, EphemeralResource } from "./ephemeral-resource";
import type { AnyFunction, Parameter, ProviderFunction } from "./function";
import type { AnyProvider, Provider } from "./provider";
import type { AnyResource, Resource } from "./resource";
import type { AttributeType, Schema } from "./schema";

/**
 * Forgets the schema's literal type so that resources of different schemas fit one list. Sound because the framework
 * decodes every model by the same schema value from which its type was inferred. This is the only such cast.
 */
function erase<T>(declaration: unknown): T {
  return declaration as T;
}

/** The declaring functions for one provider, whose operations all get the same kind of session. */
export interface ProviderKit<Session> {
  resource<const S extends Schema>(declaration: Resource<S, Session>): AnyResource<Session>;
  dataSource<const S extends Schema>(declaration: DataSource<S, Session>): AnyDataSource<Session>;
  ephemeralResource<const S extends Schema>(declaration: EphemeralResource<S, Session>): AnyEphemeralResource<Session>;
  provider<const S extends Schema>(declaration: Provider<S, Session>): AnyProvider;
}

/** @example const { resource, dataSource, ephemeralResource, provider } = providerKit<ShopSession>(); */
export function providerKit<Session>(): ProviderKit<Session> {
  return { resource: erase, dataSource: erase, ephemeralResource: erase, provider: erase };
}

/** Declares a function; the argument types follow from the parameters. */
export function providerFunction<
  const P extends readonly Parameter[],
  const R extends AttributeType,
  const V extends Parameter = Parameter,
>(declaration: ProviderFunction<P, R, V>): AnyFunction {
  return erase(declaration);
}
