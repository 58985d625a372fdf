import { performance } from "node:perf_hooks";

/** One line of the table: what was done, what was seen. */
export interface Row {
  readonly act: string;
  readonly seen: string;
}

interface Part {
  readonly name: string;
  readonly seconds: number;
}

/** Tells the story as it goes, and sums it up. */
export class Report {
  private readonly started = performance.now();
  private readonly rows: Row[] = [];
  private readonly parts: Part[] = [];

  public constructor(private readonly write: (text: string) => void) {}

  /** A line with the time since the start. */
  public say(text: string): void {
    this.write(`${`${this.seconds().toFixed(1)} s`.padStart(7)}  ${text}\n`);
  }

  /** A line below the last one that was said. */
  public detail(text: string): void {
    this.write(`${" ".repeat(9)}  ${text}\n`);
  }

  /** A line of its own. */
  public line(text = ""): void {
    this.write(`${text}\n`);
  }

  public saw(row: Row): void {
    this.rows.push(row);
    this.detail(`${row.act}: ${row.seen}`);
  }

  /** Runs a part of the demo and keeps its time. */
  public async timed<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.seconds();
    try {
      return await work();
    } finally {
      this.parts.push({ name, seconds: this.seconds() - before });
    }
  }

  /** Everything that was seen, then how long each part took. */
  public summary(): string {
    const times = this.parts.map(({ name, seconds }): Row => ({ act: name, seen: `${seconds.toFixed(1)} s` }));
    const total = { act: "all of it", seen: `${this.seconds().toFixed(1)} s` };
    return `${table("act", "seen", this.rows)}\n${table("part", "time", [...times, total])}`;
  }

  private seconds(): number {
    return (performance.now() - this.started) / 1000;
  }
}

/** Two columns under their headings. */
export function table(left: string, right: string, rows: readonly Row[]): string {
  const width = Math.max(left.length, ...rows.map(({ act }) => act.length));
  const seen = Math.max(right.length, ...rows.map((row) => row.seen.length));
  const lines = [{ act: left, seen: right }, { act: "-".repeat(width), seen: "-".repeat(seen) }, ...rows];
  return lines.map((row) => `${row.act.padEnd(width)}  ${row.seen}\n`).join("");
}
