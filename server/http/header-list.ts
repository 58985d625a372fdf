import type { HeaderName } from "./header-names";
import type { HttpHeaders } from "./message";

/** At most a few dozen lines, so a scan over interned names beats a Map and no name can meet a prototype. */
export class HeaderList implements HttpHeaders {
  constructor(
    private readonly names: readonly HeaderName[],
    private readonly values: readonly string[],
  ) {}

  get size(): number {
    return this.names.length;
  }

  get(nameLowerCase: string): string | undefined {
    let value: string | undefined;
    for (let index = 0; index < this.names.length; index++) {
      if (this.names[index]?.name !== nameLowerCase) continue;
      const line = this.values[index] ?? "";
      value = value === undefined ? line : `${value}, ${line}`;
    }
    return value;
  }

  all(nameLowerCase: string): readonly string[] {
    return this.values.filter((_, index) => this.names[index]?.name === nameLowerCase);
  }

  *entries(): IterableIterator<readonly [name: string, value: string]> {
    for (let index = 0; index < this.names.length; index++) {
      yield [this.names[index]?.name ?? "", this.values[index] ?? ""];
    }
  }
}
