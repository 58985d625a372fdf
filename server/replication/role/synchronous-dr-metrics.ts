import { counter, gauge, summary } from "../../sdk/metrics";

/** Of a DR primary whose `sync_dr` is not "off". */
export const synchronousDrMetrics = {
  synchronous: gauge({
    name: "replication.dr.synchronous",
    unit: "boolean",
    meaning: "1 while writes are acknowledged only after a DR secondary has applied them durably, else 0.",
    where: "DR primary with sync_dr",
  }),
  lost: counter({
    name: "replication.dr.synchronous_lost",
    unit: "times",
    meaning: "How often no DR secondary kept up, so that writes stopped (block) or went on asynchronously (degrade).",
    where: "DR primary with sync_dr",
  }),
  wait: summary({
    name: "replication.dr.synchronous_wait",
    unit: "milliseconds",
    meaning: "How long acknowledgements waited for a DR secondary.",
    where: "DR primary with sync_dr",
  }),
  waiting: gauge({
    name: "replication.dr.synchronous_waiting",
    unit: "requests",
    meaning: "Requests that wait for a DR secondary now.",
    where: "DR primary with sync_dr",
  }),
} as const;
