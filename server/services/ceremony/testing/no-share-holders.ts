import { systemClock } from "../../../sdk/clock";
import { systemRandom } from "../../../sdk/random";
import type { CeremonyProduct, OwnedCeremony } from "../../../sdk/share-ceremony";
import { noLogger } from "../../../sdk/testing/no-logger";
import { QuorumCeremony } from "../quorum-ceremony";

/** A ceremony of a cluster whose seal has no share holders: every attempt is refused. */
export function ceremonyWithoutShareHolders(product: CeremonyProduct): OwnedCeremony {
  const noKeys = () => Promise.reject(new Error("there are no keys here"));
  return new QuorumCeremony(
    {
      quorum: { threshold: () => undefined, parse: (text) => Buffer.from(text), verify: () => false },
      pgp: { fingerprintOf: noKeys, encrypt: noKeys },
      clock: systemClock,
      random: systemRandom,
      logger: noLogger,
    },
    product,
  );
}
