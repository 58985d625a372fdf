const DISTANCE_MAX = 3;

/** The known word that takes the fewest changed letters, if it takes few. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const limit = Math.min(DISTANCE_MAX, Math.ceil(given.length / 2));
  const found = known
    .map((word) => ({ word, distance: word.startsWith(given) ? 0 : distance(given, word) }))
    .filter((one) => one.distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return found[0]?.word;
}

/** Levenshtein: insertions, deletions and replacements from one word to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (to[column - 1] === letter ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
