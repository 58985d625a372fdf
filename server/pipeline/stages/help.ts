import { describeMount, describePath, helpText } from "../../router/describe";
import { ServerError } from "../../sdk/errors";
import type { Exchange } from "../exchange";

/** `?help=1`: what the declarations say about the path. */
export function help(exchange: Exchange): undefined {
  const { mount, match } = exchange;
  if (mount === undefined) throw new ServerError("no_handler");
  const paths = match === undefined ? describeMount(mount) : describePath(mount.entry.path, match.path.declaration);
  const title = match?.path.declaration.summary ?? mount.type.description;
  exchange.outcome = {
    kind: "bare",
    status: 200,
    body: {
      help: helpText(mount, match?.path.declaration),
      see_also: [],
      openapi: { openapi: "3.0.2", info: { title, version: "1" }, paths },
    },
  };
  return undefined;
}
