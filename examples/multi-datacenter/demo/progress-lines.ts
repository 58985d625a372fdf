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
  const done = /^(meridian_\w+?)\.\S+ \((\S+)\): (\w+ complete) after (\w+)/.exec(text);
  if (done !== null) {
    const [, type = "", path = "", what = "", duration = ""] = done;
    return `${DONE.get(what) ?? what} ${type} ${path.replace(/\/Resource$/, "")} (${duration})`;
  }
  const still = /^(meridian_\w+?)\.\S+ \((\S+)\): (Still \w+)\.\.\. \[(?:id=\S+, )?(\S+) elapsed\]/.exec(text);
  if (still !== null) return `${still[3]?.toLowerCase()} ${still[1]} ${still[2]} (${still[4]})`;
  return /^(Plan: |No changes\.|Apply complete!|Destroy complete!)/.test(text) ? text : undefined;
}

/** The steps of a failover, as the plan lists them. */
export class PlannedSteps {
  public readonly steps: string[] = [];
  private inside = false;

  public read(line: string): void {
    const text = bare(line);
    if (/^[~+] steps\s+= \[/.test(text)) this.inside = true;
    else if (text === "]" || text === "],") this.inside = false;
    const step = this.inside ? /^\+ "(.*)",?$/.exec(text)?.[1] : undefined;
    if (step !== undefined) this.steps.push(step);
  }
}
