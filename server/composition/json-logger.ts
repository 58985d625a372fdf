import type { Clock } from "../sdk/clock";
import type { Logger, LogLevel } from "../sdk/logger";

const RANK: Readonly<Record<LogLevel, number>> = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };

/** Control and bidirectional-override characters could forge a line or hide one on a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}]/gu;

/** One JSON object a line: `{"@timestamp","@level","@message","@module",...facts}`. The level can be changed while running. */
export class JsonLogger implements Logger {
  private readonly level: { current: LogLevel };

  constructor(
    private readonly clock: Clock,
    private readonly write: (line: string) => void,
    level: LogLevel | { current: LogLevel },
    private readonly module = "server",
  ) {
    this.level = typeof level === "string" ? { current: level } : level;
  }

  setLevel(level: LogLevel): void {
    this.level.current = level;
  }

  log(
    level: LogLevel,
    message: string,
    facts: Readonly<Record<string, string | number | boolean | undefined>> = {},
  ): void {
    if (RANK[level] < RANK[this.level.current]) return;
    const line: Record<string, string | number | boolean> = {
      "@timestamp": new Date(this.clock.nowMilliseconds()).toISOString(),
      "@level": level,
      "@module": this.module,
      "@message": printable(message),
    };
    for (const [name, value] of Object.entries(facts)) {
      if (value !== undefined) line[name] = typeof value === "string" ? printable(value) : value;
    }
    this.write(`${JSON.stringify(line)}\n`);
  }

  named(module: string): Logger {
    return new JsonLogger(this.clock, this.write, this.level, module);
  }
}

function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
