import type { Lineage, LoggedClass } from "../../sdk/log";
import { type FrameChannel, TransportClosed } from "../../sdk/transport";
import {
  type DiffAnswers,
  type DiffRequest,
  decodeElements,
  decodeNodes,
  decodeOpenAnswer,
  decodeTail,
  decodeValues,
  encodeDiffRequest,
  type IndexPlace,
} from "./diff-codec";
import type { Asked } from "./diff-metrics";

/** Asks the primary's side of a diff. One question at a time. */
export class DiffClient {
  constructor(
    private readonly channel: FrameChannel,
    /** How much of each sum is compared. */
    private readonly sumBytes: number,
    private readonly asked: Asked,
  ) {}

  async open(lineage: Lineage, rejoins: boolean): Promise<DiffAnswers["open"]> {
    return decodeOpenAnswer(await this.ask({ kind: "open", lineage, rejoins }));
  }

  async pages(place: IndexPlace): Promise<DiffAnswers["pages"]> {
    return decodeNodes(await this.ask({ kind: "pages", ...this.comparison(place) }), this.sumBytes);
  }

  async leaves(place: IndexPlace, pages: readonly number[]): Promise<DiffAnswers["leaves"]> {
    return decodeNodes(await this.ask({ kind: "leaves", ...this.comparison(place), pages }), this.sumBytes);
  }

  async elements(place: IndexPlace, leaves: readonly number[], after: string | undefined) {
    const request = { kind: "elements", ...this.comparison(place), leaves, after } as const;
    return decodeElements(await this.ask(request), this.sumBytes);
  }

  async values(keyClass: LoggedClass, keys: readonly string[]): Promise<DiffAnswers["values"]> {
    return decodeValues(await this.ask({ kind: "values", class: keyClass, keys }));
  }

  async tail(from: number): Promise<DiffAnswers["tail"]> {
    return decodeTail(await this.ask({ kind: "tail", from }));
  }

  private comparison(place: IndexPlace) {
    return { class: place.class, mountId: place.mountId, sumBytes: this.sumBytes };
  }

  private async ask(request: DiffRequest): Promise<Buffer> {
    const answered = this.asked(request.kind);
    await this.channel.send(encodeDiffRequest(request));
    const answer = await this.channel.receive();
    answered();
    if (answer === undefined) throw new TransportClosed("the primary ended the diff");
    return answer;
  }
}
