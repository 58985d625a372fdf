/** A line of the CLI without the stack's name and the indentation that it puts before it. */
export function bare(line: string): string {
  return line.replace(/^multi-datacenter\b/, "").trim();
}

const DONE: ReadonlyMap<string, string> = new Map([
  ["Creation complete", "made"],
  ["Modifications complete", "changed"],
  ["Destruction complete", "destroyed"],
]);

/** What a line of Terraform tells a reader who watches; undefined for the rest of it. */
export function progressOf(line: string): string | undefined {
  const text = bare(line);
  const done = /^(meridian_\w+)\.\S+ \((\S+)\): (\w+ complete) after (\w+)/.exec(text);
  if (done !== null) {
    const [, type = "", path = "", what = "", duration = ""] = done;
    return `${DONE.get(what) ?? what} ${type} ${path.replace(/\/(Resource|Node)$/, "")} (${duration})`;
  }
  const still = /^(meridian_\w+)\.\S+ \((\S+)\): (Still \w+)\.\.\. \[(?:id=\S+, )?(\S+) elapsed\]/.exec(text);
  if (still !== null) return `${still[3]?.toLowerCase()} ${still[1]} ${still[2]} (${still[4]})`;
  return /^(Plan: |No changes\.)/.test(text) ? text : undefined;
}
