/** One figure, as a ratio against a limit or a peer measured in the same run. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the value is held against, in the same unit; undefined where the goal is absolute. */
  readonly limit: number | undefined;
  /** value / limit. */
  readonly ratio: number | undefined;
  readonly goal: string;
  readonly met: boolean;
  /** Smallest and largest value of the rounds. */
  readonly spread: readonly [number, number];
}

export interface Goal {
  /** `ratio`: value / limit; `value`: the value itself. */
  readonly of: "ratio" | "value";
  readonly relation: ">=" | "<=";
  readonly bound: number;
}

/** Judges the medians; the spread is shown beside them. */
export function judge(
  name: string,
  unit: string,
  values: readonly number[],
  limits: readonly number[] | undefined,
  goal: Goal | undefined,
): Row {
  const value = middle(values);
  const limit = limits === undefined ? undefined : middle(limits);
  const ratio = limit === undefined ? undefined : value / limit;
  const measured = goal?.of === "ratio" ? ratio : value;
  const met =
    goal === undefined ||
    (measured !== undefined && (goal.relation === ">=" ? measured >= goal.bound : measured <= goal.bound));
  return {
    name,
    value,
    unit,
    limit,
    ratio,
    goal: goal === undefined ? "" : `${goal.of} ${goal.relation} ${goal.bound}`,
    met,
    spread: [Math.min(...values), Math.max(...values)],
  };
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
