import { prometheusText } from "../../services/metrics/prometheus-text";
import { putKey } from "./test-cluster";
import { link, TestSet, until } from "./test-set";

const DRAIN_MILLISECONDS = 400;

let set: TestSet;
afterEach(() => set.close());

test("a demotion that is under way when its node is sealed opens nothing again", async () => {
  set = new TestSet();
  set.settings = { drainMilliseconds: DRAIN_MILLISECONDS };
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  set.network.holding = (frame) => (frame.kind === "stream" && !frame.toServer ? new Promise(() => {}) : undefined);
  await putKey(a.core, "data/m1/k", "x");
  const { replication } = a;
  const signal = new AbortController().signal;
  const demotion = replication.demotePrimary("dr", { targetId: "b", signal }).then(
    () => "demoted",
    (error: Error) => error.message,
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  await replication.close();
  expect(await demotion).not.toBe("demoted");
  expect(set.network.isListening(a.address)).toBe(false);
  set.network.holding = () => undefined;
  await a.restart();
  await until("b streams again", () => b.isStreaming("dr"));
});

test("a start that fails leaves nothing behind", async () => {
  set = new TestSet();
  set.settings = { synchronousDr: { mode: "block", timeoutMilliseconds: 200 } };
  const [a, b] = [await set.start("a"), await set.start("b")];
  await a.replication.enablePrimary("dr", { primaryClusterAddress: "" });
  await link(a, b, "dr");
  const rows = (): number => prometheusText(a.metrics).match(/^vault_replication_dr_synchronous\b/gm)?.length ?? 0;
  await until("a is synchronous", () => rows() === 1);
  await a.close();
  const gate = {
    credentialsOf: () => undefined,
    admits: () => false,
    connected: () => undefined,
    refused: () => undefined,
    frameBytesMax: () => 0,
    accept: () => Promise.resolve(),
  };
  const other = await set.network.transportOf("other").listen("127.0.0.1", a.clusterPort, gate);
  await expect(a.open()).rejects.toThrow("cannot be listened on");
  expect(rows()).toBe(0);
  await other.close();
  await a.restart();
  expect(rows()).toBe(1);
});
