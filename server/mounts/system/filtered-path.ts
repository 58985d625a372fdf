import { ServerError } from "../../sdk/errors";

/** As long as mount paths can be. */
const PATH_LENGTH_MAX = 512;

/** A mount path of a paths filter, with one slash at its end. @throws invalid_request for what cannot be one */
export function filteredPath(path: string): string {
  const bare = path.endsWith("/") ? path.slice(0, -1) : path;
  if (bare === "" || bare.length >= PATH_LENGTH_MAX || bare.split("/").includes("")) {
    throw new ServerError("invalid_request", `paths: ${JSON.stringify(path.slice(0, 64))} is no mount path`);
  }
  return `${bare}/`;
}
