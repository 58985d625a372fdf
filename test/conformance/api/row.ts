import type { Api, ApiAnswer } from "../../support/api";

/** One request of the published API and what it must answer. Rows of a table run in their order, against one server. */
export interface Row {
  /** `group path METHOD` of the published list that this row covers; absent where it shows something more. */
  readonly covers?: string;
  /** Method and path without `/v1/`. `{name}` stands for a saved value, here and in `body`. */
  readonly call: string;
  readonly body?: unknown;
  readonly status: number;
  /** Names that `data` must have. */
  readonly data?: string;
  /** Names that the top level must have. */
  readonly top?: string;
  /** What the answer must match (toMatchObject). */
  readonly match?: Readonly<Record<string, unknown>>;
  readonly error?: RegExp;
  /** Saves values of the answer: name -> dotted path. */
  readonly save?: Readonly<Record<string, string>>;
  /** Name of a saved token; "" for none. @default "root" */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Saved = Map<string, string>;

export function titleOf(row: Row): string {
  const [method, ...path] = row.call.split(" ");
  return `${method} ${path.join(" ")} -> ${row.status}${row.error === undefined ? "" : ` ${row.error}`}`;
}

/** Sends the row's request and checks its answer. */
export async function runRow(api: Api, row: Row, saved: Saved): Promise<ApiAnswer> {
  const [method = "", path = ""] = fill(row.call, saved).split(" ");
  const body = row.body === undefined ? undefined : fill(JSON.stringify(row.body), saved);
  const token = row.token === "" ? undefined : (saved.get(row.token ?? "root") ?? "unknown");
  const answer = await api.send(method, path, body, { token, headers: row.headers ?? {} });
  // The text first: a failure shows the answer and not only a number.
  expect(`${answer.status} ${answer.status === row.status ? "" : answer.text.trim()}`).toBe(`${row.status} `);
  checkNames(answer, row);
  if (row.match !== undefined) expect(answer.body).toMatchObject(row.match);
  if (row.error !== undefined) expect(answer.body.errors?.join("\n")).toMatch(row.error);
  if (row.status >= 400) expect(Array.isArray(answer.body.errors)).toBe(answer.body.data === undefined);
  for (const [name, where] of Object.entries(row.save ?? {})) saved.set(name, String(valueAt(answer.body, where)));
  return answer;
}

function checkNames(answer: ApiAnswer, row: Row): void {
  if (row.status === 204) expect(answer.text).toBe("");
  if (row.data !== undefined) expect(Object.keys(answer.body.data ?? {})).toEqual(including(row.data));
  if (row.top !== undefined) expect(Object.keys(answer.body)).toEqual(including(row.top));
}

function including(names: string): unknown {
  return expect.arrayContaining(names.split(",").map((name) => name.trim()));
}

function fill(text: string, saved: Saved): string {
  return text.replace(/\{([a-zA-Z]+)\}/g, (whole, name: string) => saved.get(name) ?? whole);
}

export function valueAt(body: unknown, where: string): unknown {
  let value: unknown = body;
  for (const name of where.split(".")) {
    if (typeof value !== "object" || value === null) return undefined;
    value = new Map(Object.entries(value)).get(name);
  }
  return value;
}
