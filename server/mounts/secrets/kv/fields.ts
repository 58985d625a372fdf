import type { FieldDeclaration } from "../../../sdk/path";
import { PATH_BYTES_MAX } from "./versioned-store";

export const pathField = {
  type: "string",
  description: "Location of the secret.",
  required: true,
  bytesMax: PATH_BYTES_MAX,
} as const satisfies FieldDeclaration;

export const listFields = {
  after: { type: "string", description: "Begin the list after this entry, which need not exist." },
  limit: { type: "integer", description: "Entries to return at most; all when it is missing or not positive." },
} as const satisfies Record<string, FieldDeclaration>;

/** `path` is the folder without its slash, "" for the root. */
export function folderPrefix(path: string): string {
  return path === "" || path.endsWith("/") ? path : `${path}/`;
}

export function listPage(fields: { readonly after: string | undefined; readonly limit: number | undefined }): {
  readonly after?: string;
  readonly limit: number;
} {
  const limit = fields.limit !== undefined && fields.limit > 0 ? fields.limit : Number.MAX_SAFE_INTEGER;
  return fields.after === undefined || fields.after === "" ? { limit } : { after: fields.after, limit };
}
