import type { MountContext } from "../sdk/mount";
import type { ResponseData, ResponseValue } from "../sdk/outcome";
import type { AnyPath, FieldDeclaration, FieldType, OperationDeclaration, OperationName } from "../sdk/path";
import type { Mount } from "./mount";

type Described = Record<string, ResponseValue>;

const METHOD: Readonly<Record<OperationName, string>> = {
  read: "get",
  list: "get",
  create: "post",
  update: "post",
  patch: "patch",
  delete: "delete",
};

/** JSON schema of what a field accepts best; the lenient forms are in the text. */
const SCHEMA: Readonly<Record<FieldType, ResponseData>> = {
  string: { type: "string" },
  secret: { type: "string", format: "password" },
  boolean: { type: "boolean" },
  integer: { type: "integer" },
  number: { type: "number" },
  duration: { type: "string", format: "duration" },
  string_list: { type: "array", items: { type: "string" } },
  integer_list: { type: "array", items: { type: "integer" } },
  key_value: { type: "object", additionalProperties: { type: "string" } },
  object: { type: "object", additionalProperties: true },
  json: {},
};

/**
 * OpenAPI path items of one mount's declarations.
 * @param mountPath with trailing slash; may be a parameter such as `{kv_mount_path}/`
 */
export function describePaths(mountPath: string, paths: readonly AnyPath<MountContext>[], tag?: string): ResponseData {
  const items: Described = {};
  for (const path of paths) Object.assign(items, describePath(mountPath, path, tag));
  return items;
}

export function describeMount(mount: Mount): ResponseData {
  return describePaths(mount.entry.path, mount.type.paths(mount.entry.options));
}

/** One path item under its OpenAPI path. */
export function describePath(mountPath: string, path: AnyPath<MountContext>, tag?: string): ResponseData {
  const names = parameterNames(mountPath, path);
  const item: Described = {
    description: path.description ?? path.summary,
    parameters: names.map((name) => pathParameter(name, path.fields[name])),
  };
  const operations: readonly [string, OperationDeclaration<MountContext, AnyPath<MountContext>["fields"]>][] =
    Object.entries(path.operations);
  for (const [name, operation] of operations) {
    if (isOperation(name)) addOperation(item, name, operation, { mountPath, path, names, tag });
  }
  const shown = `/${mountPath}${path.template.replaceAll("...}", "}")}`;
  return { [shown.length > 1 && shown.endsWith("/") ? shown.slice(0, -1) : shown]: item };
}

/** Plain text for people: the path, its operations, its fields. */
export function helpText(mount: Mount, path: AnyPath<MountContext> | undefined): string {
  if (path === undefined) {
    const rows = mount.type.paths(mount.entry.options).map((row) => `    ${row.template}\n        ${row.summary}\n`);
    return `## DESCRIPTION\n\n${mount.type.description}\n\n## PATHS\n\n${rows.join("\n")}`;
  }
  const fields = Object.entries(path.fields).map(
    ([name, field]) => `    ${name} (${field.type})\n        ${field.description}\n`,
  );
  const operations = Object.entries(path.operations).map(([name, row]) => `    ${name}: ${row.summary}`);
  return (
    `Request:        ${path.template}\nMatching Route: ${mount.entry.path}\n\n${path.summary}\n\n` +
    `## OPERATIONS\n\n${operations.join("\n")}\n\n## PARAMETERS\n\n${fields.join("\n")}\n` +
    `## DESCRIPTION\n\n${path.description ?? path.summary}\n`
  );
}

function isOperation(name: string): name is OperationName {
  return Object.hasOwn(METHOD, name);
}

function parameterNames(mountPath: string, path: AnyPath<MountContext>): readonly string[] {
  const text = `${mountPath}${path.template}`;
  return [...text.matchAll(/\{([^}]*?)(?:\.\.\.)?\}/g)].map((match) => match[1] ?? "");
}

function pathParameter(name: string, field: FieldDeclaration | undefined): ResponseData {
  const description = field?.description ?? "Path that the backend was mounted at";
  return {
    name,
    in: "path",
    required: true,
    description,
    schema: field === undefined ? { type: "string" } : schemaOf(field),
  };
}

interface Place {
  readonly mountPath: string;
  readonly path: AnyPath<MountContext>;
  /** Path parameters, in order. */
  readonly names: readonly string[];
  readonly tag: string | undefined;
}

function addOperation(
  item: Described,
  name: OperationName,
  operation: OperationDeclaration<MountContext, AnyPath<MountContext>["fields"]>,
  place: Place,
): void {
  const { path, names, tag } = place;
  const method = METHOD[name];
  const isList = name === "list";
  const merged = method === "get" && (isList ? path.operations.read : path.operations.list) !== undefined;
  if (method === "post" && name === "create" && path.operations.update !== undefined) return;
  if (merged && isList) return;
  const own = Object.entries(path.fields).filter(([field]) => !names.includes(field));
  const query = queryParameters(method, isList, merged, own);
  item[method] = {
    summary: operation.summary,
    description: operation.description,
    operationId: operationId(name, place),
    tags: tag === undefined ? undefined : [tag],
    ...(operation.sudo === true ? { "x-vault-sudo": true } : {}),
    ...(operation.unauthenticated === true ? { "x-vault-unauthenticated": true } : {}),
    ...(operation.forward === true ? { "x-meridian-forward": true } : {}),
    parameters: query.length === 0 ? undefined : query,
    requestBody: requestBody(name, own),
    responses: responsesOf(operation),
  };
}

function operationId(name: OperationName, { mountPath, path }: Place): string {
  const words = `${mountPath}${path.template}`.split(/[^0-9A-Za-z]+/).filter((word) => word !== "");
  return [name, ...words].join("-");
}

function queryParameters(
  method: string,
  isList: boolean,
  merged: boolean,
  own: readonly (readonly [string, FieldDeclaration])[],
): readonly ResponseData[] {
  if (method !== "get" && method !== "delete") return [];
  const list = { type: "string", enum: ["true"] };
  const listRow = isList || merged ? [{ name: "list", in: "query", required: isList, schema: list }] : [];
  const rows = own.map(([name, field]) => ({
    name,
    in: "query",
    required: field.required === true ? true : undefined,
    description: field.description,
    schema: schemaOf(field),
  }));
  return [...listRow, ...rows];
}

function requestBody(
  name: OperationName,
  own: readonly (readonly [string, FieldDeclaration])[],
): ResponseData | undefined {
  if (name === "read" || name === "list" || name === "delete" || own.length === 0) return undefined;
  const required = own.filter(([, field]) => field.required === true).map(([field]) => field);
  const schema = {
    type: "object",
    properties: Object.fromEntries(own.map(([field, row]) => [field, schemaOf(row)])),
    required: required.length === 0 ? undefined : required,
  };
  const type = name === "patch" ? "application/merge-patch+json" : "application/json";
  return { required: required.length > 0, content: { [type]: { schema } } };
}

function schemaOf(field: FieldDeclaration): ResponseData {
  return {
    ...SCHEMA[field.type],
    description: field.description,
    default: field.default,
    enum: field.allowed,
    deprecated: field.deprecated,
    "x-vault-displayAttrs": field.sensitive === true || field.type === "secret" ? { sensitive: true } : undefined,
  };
}

function responsesOf(operation: OperationDeclaration<MountContext, AnyPath<MountContext>["fields"]>): ResponseData {
  const { responses = {}, alwaysRefuses = false } = operation;
  const tellsSuccess = Object.keys(responses).some((status) => status.startsWith("2"));
  const rows = Object.entries(alwaysRefuses || tellsSuccess ? responses : { 200: "OK", ...responses });
  return Object.fromEntries(rows.map(([status, description]) => [status, { description }]));
}
