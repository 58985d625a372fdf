/** One figure, as a ratio against a limit or a peer measured in the same run. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the value is held against, in the same unit; undefined where the goal is absolute. */
  readonly limit: number | undefined;
  /** value / limit: the median of the rounds' own ratios, for the machine's speed drifts from round to round. */
  readonly ratio: number | undefined;
  readonly ratioSpread: readonly [number, number] | undefined;
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

/** Judges the medians; the spread is shown beside them. `values` and `limits` are of the same rounds. */
export function judge(
  name: string,
  unit: string,
  values: readonly number[],
  limits: readonly number[] | undefined,
  goal: Goal | undefined,
): Row {
  const value = middle(values);
  const limit = limits === undefined ? undefined : middle(limits);
  const ratios = limits === undefined ? undefined : values.map((of, round) => of / (limits[round] ?? Number.NaN));
  const ratio = ratios === undefined ? undefined : middle(ratios);
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
    ratioSpread: ratios === undefined ? undefined : spreadOf(ratios),
    goal: goal === undefined ? "" : `${goal.of} ${goal.relation} ${goal.bound}`,
    met,
    spread: spreadOf(values),
  };
}

function spreadOf(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
