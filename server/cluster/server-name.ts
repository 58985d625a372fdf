import { constants } from "node:crypto";

/** RFC 6761 reserves `.invalid`: the name is only a label in the handshake and never looked up. */
const SUFFIX = ".replication.invalid";

/** The TLS server name under which a set's primary is addressed, whatever its address is. */
export function serverName(setId: string): string {
  return `${setId}${SUFFIX}`;
}

export function setIdOfServerName(name: string): string | undefined {
  const setId = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : "";
  return /^[0-9a-f-]{36}$/.test(setId) ? setId : undefined;
}

/** Option bit that turns session tickets off. */
export const NO_TICKETS = constants.SSL_OP_NO_TICKET;
