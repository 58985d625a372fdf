import type { AnyPath } from "../sdk/path";
import { FieldConverter } from "./fields";

/** A path declaration with everything about it that does not change from request to request. */
export interface CompiledPath<Context> {
  readonly declaration: AnyPath<Context>;
  /** Names of the template's parameters, in the order in which `PathMatch.values` has them. */
  readonly parameters: readonly string[];
  readonly fields: FieldConverter;
  /** Whether the last segment is a literal: such a path may be asked for with a trailing slash. */
  readonly endsInLiteral: boolean;
  /** Names of fields declared as sensitive. */
  readonly sensitive: ReadonlySet<string>;
}

/** A rest parameter below a node, with the literal segments that must follow it. */
export interface RestBranch<Context> {
  readonly suffix: readonly string[];
  /** Characters of the suffix with its leading slash. */
  readonly suffixLength: number;
  readonly leaf: CompiledPath<Context>;
}

/** One segment position of the tree that all templates of a mount form. */
export interface PathNode<Context> {
  readonly literals: Map<string, PathNode<Context>>;
  parameter: PathNode<Context> | undefined;
  /** Longest suffix first. */
  readonly rests: RestBranch<Context>[];
  leaf: CompiledPath<Context> | undefined;
}

type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "parameter" | "rest"; readonly name: string };

/**
 * Builds the tree of a mount's paths. Mistakes in declarations are programming errors and throw here, at start.
 */
export function compilePaths<Context>(paths: readonly AnyPath<Context>[]): PathNode<Context> {
  const root = emptyNode<Context>();
  for (const declaration of paths) insert(root, declaration);
  return root;
}

function emptyNode<Context>(): PathNode<Context> {
  return { literals: new Map(), parameter: undefined, rests: [], leaf: undefined };
}

function insert<Context>(root: PathNode<Context>, declaration: AnyPath<Context>): void {
  const segments = parseTemplate(declaration.template);
  const leaf = compileLeaf(declaration, segments);
  let node = root;
  for (let index = 0; index < segments.length; index++) {
    const segment = segments[index];
    if (segment === undefined) break;
    if (segment.kind === "rest") {
      insertRest(node, literalTexts(declaration.template, segments.slice(index + 1)), leaf);
      return;
    }
    node = segment.kind === "literal" ? literalChild(node, segment.text) : parameterChild(node);
  }
  if (node.leaf !== undefined) throw twice(declaration.template);
  node.leaf = leaf;
}

function insertRest<Context>(node: PathNode<Context>, suffix: readonly string[], leaf: CompiledPath<Context>): void {
  const joined = suffix.join("/");
  if (node.rests.some((rest) => rest.suffix.join("/") === joined)) throw twice(leaf.declaration.template);
  node.rests.push({ suffix, suffixLength: suffix.length === 0 ? 0 : joined.length + 1, leaf });
  node.rests.sort((left, right) => right.suffix.length - left.suffix.length);
}

function literalChild<Context>(node: PathNode<Context>, text: string): PathNode<Context> {
  const known = node.literals.get(text);
  if (known !== undefined) return known;
  const made = emptyNode<Context>();
  node.literals.set(text, made);
  return made;
}

function parameterChild<Context>(node: PathNode<Context>): PathNode<Context> {
  node.parameter ??= emptyNode<Context>();
  return node.parameter;
}

function compileLeaf<Context>(declaration: AnyPath<Context>, segments: readonly Segment[]): CompiledPath<Context> {
  const parameters = segments.flatMap((segment) => (segment.kind === "literal" ? [] : [segment.name]));
  for (const name of parameters) {
    if (!Object.hasOwn(declaration.fields, name)) {
      throw new Error(`path ${declaration.template}: {${name}} is not a declared field`);
    }
  }
  const last = segments[segments.length - 1];
  return {
    declaration,
    parameters,
    fields: new FieldConverter(declaration.fields, declaration.anyField === true),
    sensitive: sensitiveNames(declaration),
    endsInLiteral: last === undefined || last.kind === "literal",
  };
}

function sensitiveNames<Context>(declaration: AnyPath<Context>): ReadonlySet<string> {
  const rows = Object.entries(declaration.fields);
  return new Set(rows.filter(([, field]) => field.sensitive === true || field.type === "secret").map(([name]) => name));
}

function parseTemplate(template: string): readonly Segment[] {
  if (template === "") return [];
  return template.split("/").map((text) => parseSegment(template, text));
}

function parseSegment(template: string, text: string): Segment {
  if (text === "") throw new Error(`path template "${template}" has an empty segment`);
  if (!text.startsWith("{")) return { kind: "literal", text };
  const rest = text.endsWith("...}");
  const name = text.slice(1, rest ? -4 : -1);
  if (!text.endsWith("}") || name === "") throw new Error(`path template "${template}" has a malformed parameter`);
  return { kind: rest ? "rest" : "parameter", name };
}

function literalTexts(template: string, segments: readonly Segment[]): readonly string[] {
  return segments.map((segment) => {
    if (segment.kind !== "literal") throw new Error(`path template "${template}": only literals may follow {...}`);
    return segment.text;
  });
}

function twice(template: string): Error {
  return new Error(`path template "${template}" is declared twice`);
}
