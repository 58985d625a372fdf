import { ServerError } from "../sdk/errors";

/**
 * A port whose implementation lives only while the server is unsealed: every use reaches the one of the moment, or fails with
 * `sealed`. For what is asked now and then; hot paths are given the implementation itself.
 */
export function lateBound<T extends object>(current: () => T | undefined): T {
  const target = Object.create(null) as T;
  return new Proxy(target, {
    get(_target, name) {
      const implementation = current();
      if (implementation === undefined) throw new ServerError("sealed");
      const member: unknown = Reflect.get(implementation, name);
      return typeof member === "function" ? member.bind(implementation) : member;
    },
  });
}
