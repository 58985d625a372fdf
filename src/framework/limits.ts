import type { Value } from "../protocol/value";
import { type Limit, SECONDS_DEFAULT } from "./call";
import { parseDurationSeconds } from "./duration";
import { attributeOf } from "./nested-objects";
import type { AnyResource } from "./resource";

const OPERATION = { create: "creating", read: "reading", update: "updating", delete: "deleting" } as const;

type Operation = keyof typeof OPERATION;

const SETTING = {
  create: "createSeconds",
  read: "readSeconds",
  update: "updateSeconds",
  delete: "deleteSeconds",
} as const;

/** The limit of an operation: what `timeouts` in the configuration or state says, else the resource's, else 20 minutes. */
export function limitOf(resource: AnyResource<unknown>, operation: Operation, object: Value): Limit {
  const configured = attributeOf(attributeOf(object, "timeouts"), operation);
  const chosen = typeof configured === "string" ? parseDurationSeconds(configured) : undefined;
  const seconds = chosen ?? resource.timeouts?.[SETTING[operation]] ?? SECONDS_DEFAULT;
  return { operation: `${OPERATION[operation]} ${resource.name}`, seconds };
}
