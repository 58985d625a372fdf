import { TransportClosed } from "../../sdk/transport";
import { conflictsOf } from "./diff-compare";

const SUM = Buffer.alloc(32, 1);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A rejection that nobody looks at for a turn of the event loop ends the process. */
test("a connection that is lost while our own part is walked fails the comparison, and nothing else", async () => {
  const lost = Promise.reject(new TransportClosed("channel is closed"));
  const look = jest.spyOn(lost, "then");
  const inTime: boolean[] = [];
  const index = {
    mounts: () => [],
    pages: () => [],
    leaves: () => [],
    elements: async () => {
      inTime.push(look.mock.calls.length > 0);
      await turn();
      return { elements: [], next: undefined };
    },
  };
  let questions = 0;
  const client = {
    pages: async () => [{ number: 1, sum: SUM }],
    leaves: async () => [{ number: 1, sum: SUM }],
    elements: () => {
      questions += 1;
      return questions > 1 ? lost : Promise.resolve({ elements: [], next: "data/m1/k" });
    },
  };
  const walk = async (): Promise<void> => {
    const place = { class: "replicated", mountId: "m1", isShipped: true } as const;
    for await (const _ of conflictsOf({ index }, client, place, 32)) throw new Error("nothing differs");
  };
  await expect(walk()).rejects.toThrow("channel is closed");
  expect(inTime).toEqual([true]);
});
