import type { Outgoing } from "../../plugin/tfplugin6";
import type { Connection } from "../call";

/** Tells everything that runs to stop, and answers at once; the running calls answer in their own time. */
export async function stopProvider(connection: Connection): Promise<Outgoing<"StopProviderResponse">> {
  connection.stop();
  return { error: "" };
}
