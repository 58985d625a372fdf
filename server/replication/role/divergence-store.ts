import type { Barrier } from "../../sdk/barrier";
import type { Revocation } from "../../sdk/divergence";
import { isServerError } from "../../sdk/errors";
import { stringifyJson } from "../../sdk/json";
import { JsonReader } from "../../sdk/json-reader";
import type { Lineage, ReplicationMode } from "../../sdk/log";
import type { View, WriteOperation } from "../../sdk/view";
import { lineageData, readLineage } from "../stream/control-codec";
import {
  type DivergenceReport,
  type DivergenceRow,
  type DivergenceState,
  decodeFork,
  decodeReport,
  decodeRevocations,
  decodeRows,
  decodeState,
  encodeFork,
  encodeReport,
  encodeRevocations,
  encodeRows,
  encodeState,
  type Fork,
} from "./divergence-records";

const PREFIX = "core/replication/divergence/";
const PAGE = 500;
const ROWS_PER_RECORD = 200;
const REVOCATIONS_PER_RECORD = 500;
const COMMIT_OPERATIONS = 64;
const COMMIT_BYTES = 4 * 1024 * 1024;

/** Everything that one fork leaves behind. */
export interface DivergenceContent {
  readonly report: DivergenceReport;
  /** Sorted by path. */
  readonly rows: readonly DivergenceRow[];
  readonly states: readonly DivergenceState[];
  readonly revocations: readonly Revocation[];
}

/** Revocations that have still to be applied elsewhere; a batch goes as a whole. */
export interface PendingRevocations {
  readonly key: string;
  readonly revocations: readonly Revocation[];
}

/**
 * Reports, class `node`: nobody is sent them, and a repair does not touch them.
 *
 *   report/<mode>/<id>                head; written last, so what has no head is not a report
 *   content/<id>/rows/<n>, state/<n>  paths, and the kept states
 *   revocations/<mode>/<id>/<n>       what is still to be applied; outlives the report
 *   past/<mode>                       the history that this cluster was part of last, also after it left its set
 *   unsent/<mode>                     fork whose unsent mounts are still to be looked at; see DivergenceCapture
 *   seen/<mode>                       id of the last fork that was looked at, whether it left a report or not
 */
export class DivergenceStore {
  private readonly view: View;

  /** @param damaged told of a record that cannot be read: it is left out, and keeps nobody else from their work */
  constructor(
    barrier: Barrier,
    private readonly damaged: (key: string) => void,
  ) {
    this.view = barrier.view(PREFIX, "node");
  }

  async reports(): Promise<readonly DivergenceReport[]> {
    const reports: DivergenceReport[] = [];
    for await (const keys of this.pages("report/", PAGE)) {
      for (const key of keys) {
        const stored = await this.read(key);
        if (stored !== undefined) reports.push(decodeReport(stored));
      }
    }
    return reports;
  }

  /** Durable as a whole once it resolves; what a crash leaves of it is overwritten by the next attempt. */
  async write({ report, rows, states, revocations }: DivergenceContent): Promise<void> {
    const { id, mode } = report;
    const content: WriteOperation[] = [];
    for (let at = 0; at < revocations.length; at += REVOCATIONS_PER_RECORD) {
      const some = encodeRevocations(revocations.slice(at, at + REVOCATIONS_PER_RECORD));
      content.push(this.view.put(`revocations/${mode}/${id}/${numbered(at)}`, some));
    }
    for (let at = 0; at < rows.length; at += ROWS_PER_RECORD) {
      content.push(
        this.view.put(`content/${id}/rows/${numbered(at)}`, encodeRows(rows.slice(at, at + ROWS_PER_RECORD))),
      );
    }
    await this.commitAll(content);
    await this.commitStates(id, states);
    await this.view.commit([this.view.put(`report/${mode}/${id}`, encodeReport(report)), this.seen(mode, id)]);
  }

  async readSeen(mode: ReplicationMode): Promise<string | undefined> {
    return (await this.read(`seen/${mode}`))?.toString();
  }

  async writeSeen(mode: ReplicationMode, id: string): Promise<void> {
    await this.view.commit([this.seen(mode, id)]);
  }

  async readPast(mode: ReplicationMode): Promise<Lineage> {
    const stored = await this.read(`past/${mode}`);
    return stored === undefined ? [] : readLineage(JsonReader.parse(stored), "lineage");
  }

  async writePast(mode: ReplicationMode, lineage: Lineage): Promise<void> {
    const value = Buffer.from(stringifyJson({ version: 1, lineage: lineageData(lineage) }));
    await this.view.commit([this.view.put(`past/${mode}`, value)]);
  }

  async readUnsent(mode: ReplicationMode): Promise<Fork | undefined> {
    const stored = await this.read(`unsent/${mode}`);
    return stored && decodeFork(stored);
  }

  async writeUnsent(mode: ReplicationMode, fork: Fork | undefined): Promise<void> {
    const key = `unsent/${mode}`;
    await this.view.commit([fork === undefined ? this.view.delete(key) : this.view.put(key, encodeFork(fork))]);
  }

  async *rows(id: string): AsyncGenerator<DivergenceRow> {
    const prefix = `content/${id}/rows/`;
    for (const key of await this.view.listAll(prefix, { limit: PAGE })) {
      const stored = await this.read(key);
      if (stored !== undefined) yield* decodeRows(stored);
    }
  }

  async states(id: string, numbers: readonly number[]): Promise<readonly DivergenceState[]> {
    const states: DivergenceState[] = [];
    for (const number of numbers) {
      const stored = await this.read(stateKey(id, number));
      if (stored !== undefined) states.push(decodeState(stored));
    }
    return states;
  }

  /** The head goes first. Revocations that are still to be applied stay. */
  async discard({ id, mode }: DivergenceReport): Promise<void> {
    await this.view.commit([this.view.delete(`report/${mode}/${id}`)]);
    await this.removeContent(id);
  }

  /** Content without a head: of a discarding that a crash cut short. */
  async removeLeftovers(known: ReadonlySet<string>): Promise<void> {
    for (const name of await this.view.list("content/", { limit: PAGE })) {
      const id = name.slice(0, -1);
      if (!known.has(id)) await this.removeContent(id);
    }
  }

  async pending(mode: ReplicationMode): Promise<PendingRevocations | undefined> {
    for await (const keys of this.pages(`revocations/${mode}/`, PAGE)) {
      for (const key of keys) {
        const stored = await this.read(key);
        if (stored !== undefined) return { key, revocations: decodeRevocations(stored) };
      }
    }
    return undefined;
  }

  async settled({ key }: PendingRevocations): Promise<void> {
    await this.view.commit([this.view.delete(key)]);
  }

  /** Every record with its whole key, a few at a time: for a generation that takes the place of this one. */
  async *records(): AsyncGenerator<readonly { readonly key: string; readonly value: Buffer }[]> {
    for await (const keys of this.pages("", COMMIT_OPERATIONS)) {
      const found: { key: string; value: Buffer }[] = [];
      for (const key of keys) {
        const value = await this.read(key);
        if (value !== undefined) found.push({ key: PREFIX + key, value });
      }
      if (found.length > 0) yield found;
    }
  }

  private async read(key: string): Promise<Buffer | undefined> {
    try {
      return (await this.view.get(key))?.value;
    } catch (error) {
      if (!isServerError(error, "corrupt")) throw error;
      this.damaged(PREFIX + key);
      return undefined;
    }
  }

  private seen(mode: ReplicationMode, id: string): WriteOperation {
    return this.view.put(`seen/${mode}`, Buffer.from(id));
  }

  private async removeContent(id: string): Promise<void> {
    for await (const keys of this.pages(`content/${id}/`, PAGE)) {
      if (keys.length > 0) await this.view.commit(keys.map((key) => this.view.delete(key)));
    }
  }

  private async commitStates(id: string, states: readonly DivergenceState[]): Promise<void> {
    let part: WriteOperation[] = [];
    let bytes = 0;
    for (const [number, state] of states.entries()) {
      part.push(this.view.put(stateKey(id, number), encodeState(state)));
      bytes += state.value?.length ?? 0;
      if (part.length < COMMIT_OPERATIONS && bytes < COMMIT_BYTES) continue;
      await this.view.commit(part);
      [part, bytes] = [[], 0];
    }
    if (part.length > 0) await this.view.commit(part);
  }

  private async commitAll(operations: readonly WriteOperation[]): Promise<void> {
    for (let at = 0; at < operations.length; at += COMMIT_OPERATIONS) {
      await this.view.commit(operations.slice(at, at + COMMIT_OPERATIONS));
    }
  }

  private async *pages(prefix: string, limit: number): AsyncGenerator<readonly string[]> {
    for (let after: string | undefined; ; ) {
      const keys = await this.view.listAll(prefix, after === undefined ? { limit } : { after, limit });
      yield keys;
      after = keys.at(-1);
      if (keys.length < limit) return;
    }
  }
}

function stateKey(id: string, number: number): string {
  return `content/${id}/state/${numbered(number)}`;
}

/** Zero-padded, so that the order of bytes is the order of numbers. */
function numbered(number: number): string {
  return String(number).padStart(8, "0");
}
