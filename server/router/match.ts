import type { CompiledPath, PathNode } from "./compile";

export interface PathMatch<Context> {
  readonly path: CompiledPath<Context>;
  /** Values of `path.parameters`, in the same order. */
  readonly values: readonly string[];
}

/**
 * Finds the declaration for a path relative to its mount, without a trailing slash. Literal segments win over parameters,
 * parameters over rests. Each node of the tree is visited once at most, so the cost is bounded by the declarations.
 */
export function matchPath<Context>(root: PathNode<Context>, path: string): PathMatch<Context> | undefined {
  const values: string[] = [];
  const found = walk(root, path, 0, values);
  return found === undefined ? undefined : { path: found, values };
}

/** `offset` is where the next segment begins; beyond the end of the text there is none. */
function walk<Context>(
  node: PathNode<Context>,
  path: string,
  offset: number,
  values: string[],
): CompiledPath<Context> | undefined {
  if (offset > path.length || path === "") return node.leaf;
  const slash = path.indexOf("/", offset);
  const end = slash < 0 ? path.length : slash;
  const segment = path.slice(offset, end);
  const literal = node.literals.get(segment);
  const found = literal === undefined ? undefined : walk(literal, path, end + 1, values);
  if (found !== undefined) return found;
  return walkParameter(node, path, segment, end + 1, values) ?? takeRest(node, path, offset, values);
}

function walkParameter<Context>(
  node: PathNode<Context>,
  path: string,
  segment: string,
  next: number,
  values: string[],
): CompiledPath<Context> | undefined {
  if (node.parameter === undefined || segment === "") return undefined;
  values.push(segment);
  const found = walk(node.parameter, path, next, values);
  if (found === undefined) values.pop();
  return found;
}

function takeRest<Context>(
  node: PathNode<Context>,
  path: string,
  offset: number,
  values: string[],
): CompiledPath<Context> | undefined {
  for (const rest of node.rests) {
    const end = path.length - rest.suffixLength;
    if (end <= offset) continue;
    if (rest.suffixLength > 0 && path.slice(end + 1) !== rest.suffix.join("/")) continue;
    if (rest.suffixLength > 0 && path.charCodeAt(end) !== 0x2f) continue;
    values.push(path.slice(offset, end));
    return rest.leaf;
  }
  return undefined;
}
