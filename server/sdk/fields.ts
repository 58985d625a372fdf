import { ServerError } from "./errors";
import { conversions, expectations } from "./field-types";
import type { JsonValue } from "./json";
import type { FieldDeclaration, FieldDeclarations, FieldNative, FieldType, FieldValues } from "./path";

type Native = FieldNative[FieldType];

/** Where field values come from. Path parameters win over the query, the query over the body. */
export interface FieldSources {
  readonly path?: ReadonlyMap<string, string> | undefined;
  readonly query?: ReadonlyMap<string, readonly string[]> | undefined;
  readonly body?: ReadonlyMap<string, JsonValue> | undefined;
}

export interface ConvertedFields<F extends FieldDeclarations = FieldDeclarations> {
  readonly values: FieldValues<F>;
  readonly given: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

interface FieldRow {
  readonly name: string;
  readonly declaration: FieldDeclaration;
  readonly fallback: Native | undefined;
}

const EMPTY: ReadonlyMap<string, never> = new Map<string, never>();
const NO_WARNINGS: readonly string[] = Object.freeze([]);
const NAMES_IN_WARNING_MAX = 32;
const NAME_LENGTH_IN_WARNING_MAX = 64;

/** Query parameters that the wire protocol itself uses. */
const RESERVED_QUERY = new Set(["list", "scan", "help"]);

/** Converts requests of one path. Made once per declaration. */
export class FieldConverter {
  private readonly rows: readonly FieldRow[];
  private readonly names: ReadonlySet<string>;

  /** @param anyField the body may hold fields that are not declared */
  constructor(
    private readonly declarations: FieldDeclarations,
    private readonly anyField = false,
  ) {
    this.rows = Object.entries(declarations).map(([name, declaration]) => ({
      name,
      declaration,
      fallback: fallbackOf(name, declaration),
    }));
    this.names = new Set(Object.keys(declarations));
  }

  /** @throws invalid_request naming the field and what is allowed, never the value */
  convert({ path = EMPTY, query = EMPTY, body = EMPTY }: FieldSources): ConvertedFields {
    const values: Record<string, Native | undefined> = {};
    const given = new Set<string>();
    for (const row of this.rows) {
      const raw = path.get(row.name) ?? queryValue(row.declaration, query.get(row.name)) ?? body.get(row.name);
      if (raw !== undefined) given.add(row.name);
      values[row.name] = raw === undefined || raw === null ? fallback(row) : convertField(row, raw);
    }
    assertConverted(this.declarations, values);
    const quiet = query.size === 0 && body.size === 0;
    return { values, given, warnings: quiet ? NO_WARNINGS : this.warnings(path, query, body) };
  }

  private warnings(
    path: ReadonlyMap<string, string>,
    query: ReadonlyMap<string, readonly string[]>,
    body: ReadonlyMap<string, JsonValue>,
  ): readonly string[] {
    const ignored: string[] = [];
    const replaced: string[] = [];
    for (const name of query.keys()) {
      if (!this.names.has(name) && !RESERVED_QUERY.has(name)) ignored.push(name);
    }
    for (const name of body.keys()) {
      if (!this.anyField && !this.names.has(name)) ignored.push(name);
      if (!this.anyField && path.has(name)) replaced.push(name);
    }
    return describe(ignored, replaced);
  }
}

function describe(ignored: readonly string[], replaced: readonly string[]): readonly string[] {
  const warnings: string[] = [];
  if (ignored.length > 0) warnings.push(`Endpoint ignored these unrecognized parameters: ${shown(ignored)}`);
  if (replaced.length > 0) {
    warnings.push(
      `Endpoint replaced the value of these parameters with the values captured from the endpoint's path: ${shown(replaced)}`,
    );
  }
  return warnings.length === 0 ? NO_WARNINGS : warnings;
}

/** As Go prints a slice. Bounded, since the names are the client's. */
function shown(names: readonly string[]): string {
  const first = [...new Set(names)].sort().slice(0, NAMES_IN_WARNING_MAX);
  return `[${first.map((name) => name.slice(0, NAME_LENGTH_IN_WARNING_MAX)).join(" ")}]`;
}

const converters = new WeakMap<FieldDeclarations, FieldConverter>();

/** The conversion the pipeline makes, for anybody: a handler's test, a system path. @throws invalid_request */
export function convertFields<F extends FieldDeclarations>(declarations: F, sources: FieldSources): ConvertedFields<F> {
  let converter = converters.get(declarations);
  if (converter === undefined) {
    converter = new FieldConverter(declarations);
    converters.set(declarations, converter);
  }
  const { values, given, warnings } = converter.convert(sources);
  assertConverted(declarations, values);
  return { values, given, warnings };
}

/** Every conversion yields what `FieldNative` promises; the compiler cannot follow that through the table. */
function assertConverted<F extends FieldDeclarations>(
  _declarations: F,
  _values: object,
): asserts _values is FieldValues<F> {}

function queryValue(declaration: FieldDeclaration, values: readonly string[] | undefined): JsonValue | undefined {
  if (values === undefined) return undefined;
  const isList = declaration.type === "string_list" || declaration.type === "integer_list";
  return isList && values.length > 1 ? [...values] : values[0];
}

function fallbackOf(name: string, declaration: FieldDeclaration): Native | undefined {
  const { default: value } = declaration;
  if (value === undefined) return undefined;
  const converted = conversions[declaration.type](typeof value === "object" ? [...value] : value);
  if (converted === undefined) throw new Error(`field ${name}: its default is not ${expectations[declaration.type]}`);
  return converted;
}

function fallback(row: FieldRow): Native | undefined {
  if (row.declaration.required === true && row.fallback === undefined) {
    throw new ServerError("invalid_request", `missing ${row.name}`);
  }
  return row.fallback;
}

function convertField(row: FieldRow, raw: JsonValue): Native {
  const { name, declaration } = row;
  const converted = conversions[declaration.type](raw);
  if (converted === undefined) throw invalid(name, `${expectations[declaration.type]} is expected`);
  checkLimits(name, declaration, converted);
  return converted;
}

function checkLimits(name: string, declaration: FieldDeclaration, converted: Native): void {
  const { allowed, bytesMax } = declaration;
  if (allowed !== undefined && !stringsOf(converted).every((text) => allowed.includes(text))) {
    throw invalid(name, `allowed are ${allowed.map((value) => `"${value}"`).join(", ")}`);
  }
  if (bytesMax === undefined) return;
  const bytes = typeof converted === "string" || Buffer.isBuffer(converted) ? Buffer.byteLength(converted) : 0;
  if (bytes > bytesMax) throw invalid(name, `at most ${bytesMax} bytes are allowed`);
}

function stringsOf(converted: Native): readonly string[] {
  if (typeof converted === "string") return [converted];
  if (!Array.isArray(converted)) return [];
  return converted.filter((item): item is string => typeof item === "string");
}

function invalid(name: string, reason: string): ServerError {
  return new ServerError("invalid_request", `error converting input for field "${name}": ${reason}`);
}
