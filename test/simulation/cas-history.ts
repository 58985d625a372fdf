/** A write under way: it may take effect at any time from its start on, once, and only as the version after `expected`. */
export interface CasAttempt {
  readonly key: string;
  readonly value: string;
  readonly expected: number;
  /** Versions below this had been seen when it began. */
  readonly floor: number;
}

export interface CasRead {
  readonly key: string;
  readonly floor: number;
}

interface KeyHistory {
  /** The newest version of which anybody was told. */
  floor: number;
  /** By version: what was acknowledged as it. */
  readonly acknowledged: Map<number, string>;
  /** Every write that ever began, by its value, which no two share. */
  readonly begun: Map<string, CasAttempt>;
  /** Writes of which nobody knows what became, or not yet. */
  readonly open: Set<CasAttempt>;
}

/**
 * Whether writes with check-and-set and reads of their keys are linearizable. The versions say in which order the writes took
 * effect, so it is enough that this order agrees with the order of what did not overlap in time: whoever begins after
 * somebody was told of a version must find it or a later one, and a write must find none later than the one it expected.
 */
export class CasHistory {
  private readonly keys = new Map<string, KeyHistory>();

  constructor(private readonly violate: (text: string) => void) {}

  beginWrite(key: string, value: string, expected: number): CasAttempt {
    const history = this.of(key);
    const attempt = { key, value, expected, floor: history.floor };
    history.begun.set(value, attempt);
    history.open.add(attempt);
    return attempt;
  }

  /** It was told to be `version`. */
  written(attempt: CasAttempt, version: number): void {
    const { key, expected, floor, value } = attempt;
    const history = this.of(key);
    history.open.delete(attempt);
    const other = history.acknowledged.get(version);
    if (version !== expected + 1) this.violate(`${key}: a write that expected ${expected} became version ${version}`);
    if (other !== undefined && other !== value)
      this.violate(`${key}: version ${version} is both ${other} and ${value}`);
    if (version <= floor)
      this.violate(`${key}: ${value} became version ${version}, ${floor} was known before it began`);
    history.acknowledged.set(version, value);
    history.floor = Math.max(history.floor, version);
  }

  /** The version was not the expected one. */
  mismatched(attempt: CasAttempt): void {
    const { key, expected, floor } = attempt;
    const history = this.of(key);
    history.open.delete(attempt);
    const rivals = [...history.begun.values()].some((other) => other !== attempt && other.expected === expected);
    if (expected === floor && history.floor === floor && !rivals) {
      this.violate(`${key}: version ${expected} was expected and current, and refused`);
    }
  }

  /** It certainly had no effect. */
  refused(attempt: CasAttempt): void {
    const history = this.of(attempt.key);
    history.open.delete(attempt);
    history.begun.delete(attempt.value);
  }

  beginRead(key: string): CasRead {
    return { key, floor: this.of(key).floor };
  }

  /** @param version 0: there was none */
  read({ key, floor }: CasRead, version: number, value: string | undefined): void {
    const history = this.of(key);
    if (version < floor) this.violate(`${key}: read version ${version}, ${floor} was known before the read began`);
    if (version > 0) this.checkValue(history, key, version, value);
    history.floor = Math.max(history.floor, version);
  }

  /** The next write expects this, if it is to have a chance. */
  newest(key: string): number {
    return this.of(key).floor;
  }

  private checkValue(history: KeyHistory, key: string, version: number, value: string | undefined): void {
    const known = history.acknowledged.get(version);
    const attempt = value === undefined ? undefined : history.begun.get(value);
    if (known !== undefined && known !== value) {
      this.violate(`${key}: version ${version} was acknowledged as ${known} and read as ${value}`);
    }
    if (attempt === undefined) this.violate(`${key}: version ${version} is ${value}, which nobody wrote`);
    else if (attempt.expected + 1 !== version) {
      this.violate(`${key}: ${value} expected version ${attempt.expected} and was read as version ${version}`);
    } else if (value !== undefined) {
      history.acknowledged.set(version, value);
      history.open.delete(attempt);
    }
  }

  private of(key: string): KeyHistory {
    const known = this.keys.get(key);
    if (known !== undefined) return known;
    const history = { floor: 0, acknowledged: new Map(), begun: new Map(), open: new Set<CasAttempt>() };
    this.keys.set(key, history);
    return history;
  }
}
