import { type Diagnostic, errorDiagnostic } from "../framework/diagnostics";
import { clusterName } from "./attributes";

export interface ImportTarget {
  readonly cluster: string | null;
  readonly name: string;
}

/** `dc-a:name`, or `name` where the provider knows only one cluster. */
export function parseImportId(id: string): ImportTarget {
  const colon = id.indexOf(":");
  const before = id.slice(0, colon);
  const hasCluster = colon > 0 && clusterName(before) === undefined;
  return hasCluster ? { cluster: before, name: id.slice(colon + 1) } : { cluster: null, name: id };
}

export function formatImportId(cluster: string | null, name: string): string {
  return cluster === null ? name : `${cluster}:${name}`;
}

export function badImportId(id: string, form: string): { readonly diagnostics: readonly Diagnostic[] } {
  return { diagnostics: [errorDiagnostic("Import id not understood", `"${id}" is not of the form ${form}.`)] };
}
